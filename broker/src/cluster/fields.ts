/**
 * Checks of single fields of a metadata record. Each takes what JSON gave and returns it typed, or says what is wrong:
 * records come from a store that others can write to, so nothing is believed unchecked.
 */
export type Field<T> = (value: unknown, where: string) => T

const NONE: readonly never[] = Object.freeze([])

export class RecordError extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'RecordError'
  }
}

export const text: Field<string> = (value, where) => {
  if (typeof value !== 'string') throw new RecordError(`${where} must be a string`)
  return value
}

export const bool: Field<boolean> = (value, where) => {
  if (typeof value !== 'boolean') throw new RecordError(`${where} must be true or false`)
  return value
}

/** A whole number, not negative. */
export const count: Field<number> = (value, where) => atLeast(value, 0, where)

export const number: Field<number> = (value, where) => {
  if (typeof value !== 'number' || !Number.isFinite(value)) throw new RecordError(`${where} must be a number`)
  return value
}

/** A broker id, or -1 for none. */
export const idOrNone: Field<number> = (value, where) => atLeast(value, -1, where)

export const uuid: Field<string> = (value, where) => {
  if (typeof value !== 'string' || !/^[A-Za-z0-9_-]{22}$/.test(value)) {
    throw new RecordError(`${where} must be a uuid of 22 base64url characters`)
  }
  return value
}

export function nullable<T>(field: Field<T>): Field<T | null> {
  return (value, where) => (value === null ? null : field(value, where))
}

export function list<T>(item: Field<T>): Field<readonly T[]> {
  return (value, where) => {
    if (!Array.isArray(value)) throw new RecordError(`${where} must be a list`)
    // Most lists of a partition are empty: they share one.
    if (value.length === 0) return NONE
    return value.map((entry, at) => item(entry, `${where}[${at}]`))
  }
}

export function oneOf<T extends string | number>(...allowed: readonly T[]): Field<T> {
  return (value, where) => {
    const found = allowed.find((candidate) => candidate === value)
    if (found === undefined) throw new RecordError(`${where} must be one of ${allowed.join(', ')}`)
    return found
  }
}

/** An object with exactly the fields of `shape`; others are dropped. */
export function struct<S extends Readonly<Record<string, Field<unknown>>>>(shape: S): Field<Fields<S>> {
  const names = Object.keys(shape)
  return (value, where) => {
    const given = typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined
    if (given === undefined) throw new RecordError(`${where} must be an object`)
    const result: Record<string, unknown> = {}
    for (const name of names) result[name] = shape[name]!(given[name], `${where}.${name}`)
    return result as Fields<S>
  }
}

export type Fields<S extends Readonly<Record<string, Field<unknown>>>> = {
  readonly [F in keyof S]: S[F] extends Field<infer T> ? T : never
}

function atLeast(value: unknown, minimum: number, where: string): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < minimum) {
    throw new RecordError(`${where} must be a whole number of at least ${minimum}`)
  }
  return value
}
