/**
 * What one version of a schema looks like: which fields it has, how small a value can be, what the defaults
 * are.
 */
import type { Field, Fields, Kind, Message } from './schema.ts'
import { ZERO_UUID } from './uuid.ts'

/** One version of one message, while its code is being generated. */
export interface Layout {
  readonly message: Message
  readonly version: number
  readonly flexible: boolean
}

export type NamedField = readonly [name: string, field: Field]

const FIXED_SIZES: Partial<Record<Kind, number>> = {
  bool: 1,
  int8: 1,
  int16: 2,
  uint16: 2,
  int32: 4,
  int64: 8,
  float64: 8,
  uuid: 16,
}

/** Field names become part of generated source. */
const FIELD_NAME = /^[a-z][A-Za-z0-9]*$/

export function layoutOf(message: Message, version: number): Layout {
  return { message, version, flexible: version >= message.flexible }
}

/** Bytes of a type that always has the same size. */
export function fixedSize(field: Field): number | undefined {
  return FIXED_SIZES[field.kind]
}

export function namedFields(fields: Fields): NamedField[] {
  for (const name of Object.keys(fields)) {
    if (!FIELD_NAME.test(name)) throw new TypeError(`'${name}' cannot be a field name`)
  }
  return Object.entries(fields)
}

export function isPresent(layout: Layout, { options }: Field): boolean {
  const { since = 0, until = Infinity } = options
  return since <= layout.version && layout.version <= until
}

export function isNullable(layout: Layout, { options }: Field): boolean {
  return options.nullable !== undefined && options.nullable <= layout.version
}

export function untaggedFields(layout: Layout, fields: Fields): NamedField[] {
  return namedFields(fields).filter(
    ([, field]) => isPresent(layout, field) && field.options.tag === undefined,
  )
}

/** In the order in which they are written. */
export function taggedFields(layout: Layout, fields: Fields): NamedField[] {
  const tagged = namedFields(fields).filter(
    ([, field]) => isPresent(layout, field) && field.options.tag !== undefined,
  )
  for (const [name] of tagged) {
    if (!layout.flexible) throw new TypeError(`${name} is tagged in a version that is not flexible`)
  }
  return tagged.sort(([, one], [, other]) => one.options.tag! - other.options.tag!)
}

/** The fewest bytes that a value can take: bounds the items of an array before it is allocated. */
export function minimalSize(layout: Layout, field: Field): number {
  const fixed = fixedSize(field)
  if (fixed !== undefined) return fixed
  if (field.kind === 'struct') {
    if (isNullable(layout, field)) return 1
    const parts = untaggedFields(layout, field.fields!).map(([, part]) => minimalSize(layout, part))
    return parts.reduce((total, size) => total + size, layout.flexible ? 1 : 0)
  }
  if (layout.flexible) return 1
  return field.kind === 'string' ? 2 : 4
}

/** The default as JavaScript source; a new array or object each time it is evaluated. */
export function defaultSource(field: Field): string {
  const { default: given } = field.options
  if (given === null) return 'null'
  switch (field.kind) {
    case 'array':
      return '[]'
    case 'struct':
      return `{ ${namedFields(field.fields!).map(([name, part]) => `${name}: ${defaultSource(part)}`)} }`
    case 'bytes':
    case 'records':
      return 'EMPTY'
    case 'string':
      return JSON.stringify(given ?? '')
    case 'uuid':
      return JSON.stringify(given ?? ZERO_UUID)
    case 'bool':
      return String(given ?? false)
    default:
      return String(given ?? 0)
  }
}
