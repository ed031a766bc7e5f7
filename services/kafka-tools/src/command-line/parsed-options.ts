/** The options that a command line has, with their values. */
import { OptionMistake, UsageMistake } from './mistakes.ts'
import { type OptionTable, quoted } from './option-table.ts'

const INT_MAX = 2n ** 31n - 1n
const LONG_MAX = 2n ** 63n - 1n

export class ParsedOptions {
  /** The names as they were given, one after the other. */
  readonly order: readonly string[]
  /** The whole command line. */
  readonly words: readonly string[]
  private readonly found: ReadonlyMap<string, readonly string[]>
  private readonly table: OptionTable

  constructor(
    found: ReadonlyMap<string, readonly string[]>,
    order: readonly string[],
    words: readonly string[],
    table: OptionTable,
  ) {
    this.found = found
    this.order = order
    this.words = words
    this.table = table
  }

  /** Whether it was given; a default does not count. */
  has(name: string): boolean {
    return this.found.has(name)
  }

  hasAny(names: readonly string[]): boolean {
    return names.some((name) => this.has(name))
  }

  /** Its value, or its default. */
  value(name: string): string | undefined {
    const values = this.values(name)
    if (values.length > 1) {
      throw new OptionMistake(
        'MultipleArgumentsForOption',
        `Found multiple arguments for option ${name}, but you asked for only one`,
      )
    }
    return values[0]
  }

  values(name: string): readonly string[] {
    const values = this.found.get(name)
    if (values !== undefined && values.length > 0) return values
    const { default: preset } = this.table[name] ?? {}
    return preset === undefined ? [] : [preset]
  }

  number(name: string): number | undefined {
    const value = this.bigint(name)
    return value === undefined ? undefined : Number(value)
  }

  bigint(name: string): bigint | undefined {
    const value = this.value(name)
    if (value === undefined) return undefined
    const limit = this.table[name]?.type === 'int' ? INT_MAX : LONG_MAX
    const parsed = /^[+-]?\d+$/.test(value) ? BigInt(value) : undefined
    if (parsed === undefined || parsed > limit || parsed < -limit - 1n) {
      throw new OptionMistake(
        'OptionArgumentConversion',
        `Cannot parse argument '${value}' of option ${name}`,
      )
    }
    return parsed
  }

  /** All of them must have been given. */
  require(...names: readonly string[]): void {
    const missing = names.find((name) => !this.has(name))
    if (missing !== undefined) throw new UsageMistake(`Missing required argument "${quoted(missing)}"`)
  }

  /** If the first was given, none of the others may be. */
  forbid(name: string, others: readonly string[]): void {
    const other = this.has(name) ? others.find((each) => this.has(each)) : undefined
    if (other !== undefined) {
      throw new UsageMistake(`Option "${quoted(name)}" can't be used with option "${quoted(other)}"`)
    }
  }
}
