/**
 * Reads a command line as Kafka's tools do, that is as jopt-simple does: `--topic t`, `--topic=t`, `-topic t`; `--`
 * ends the options; other words are passed over. Unlike Kafka's tools since 2.2 an abbreviation is understood when it
 * means one option only: `--partition` is `--partitions`.
 */
import { OptionMistake } from './mistakes.ts'
import type { OptionTable } from './option-table.ts'
import { ParsedOptions } from './parsed-options.ts'

export function parseCommandLine(args: readonly string[], table: OptionTable): ParsedOptions {
  const found = new Map<string, string[]>()
  const order: string[] = []
  const rest = [...args]
  for (let word = rest.shift(); word !== undefined && word !== '--'; word = rest.shift()) {
    if (!looksLikeAnOption(word)) continue
    const { option, value } = split(word)
    const name = fullName(option, table)
    if (name === undefined) {
      // jopt-simple takes a word with one dash for a row of short options, and none of them is known.
      throw new OptionMistake(
        'UnrecognizedOption',
        `${word.startsWith('--') ? option : option.slice(0, 1)} is not a recognized option`,
      )
    }
    order.push(name)
    const values = found.get(name) ?? []
    found.set(name, values)
    values.push(...argumentsOf(name, value, rest, table))
  }
  checkAvailable(found, table)
  return new ParsedOptions(found, order, args, table)
}

function looksLikeAnOption(word: string): boolean {
  return word.startsWith('-') && word !== '-'
}

function split(word: string): { option: string; value?: string } {
  const text = word.startsWith('--') ? word.slice(2) : word.slice(1)
  const equals = text.indexOf('=')
  return equals < 0 ? { option: text } : { option: text.slice(0, equals), value: text.slice(equals + 1) }
}

/** Among several that begin so, one that only ends the last word goes first: `--partition` is `--partitions`. */
function fullName(option: string, table: OptionTable): string | undefined {
  if (Object.hasOwn(table, option)) return option
  const candidates = option === '' ? [] : Object.keys(table).filter((name) => name.startsWith(option))
  const sameWords = candidates.filter((name) => !name.slice(option.length).includes('-'))
  const [only, another] = sameWords.length > 0 ? sameWords : candidates
  return another === undefined ? only : undefined
}

function argumentsOf(name: string, value: string | undefined, rest: string[], table: OptionTable): string[] {
  const declaration = table[name]!
  if (declaration.argument === undefined) {
    if (value !== undefined)
      throw new OptionMistake('UnrecognizedOption', `${name} is not a recognized option`)
    return []
  }
  if (value !== undefined) return separated(value, declaration.separator)
  const [next] = rest
  if (declaration.argumentIsOptional) {
    if (next === undefined || looksLikeAnOption(next)) return []
  } else if (next === undefined) {
    throw new OptionMistake('OptionMissingRequiredArgument', `Option ${name} requires an argument`)
  }
  rest.shift()
  return separated(next, declaration.separator)
}

function separated(value: string, separator: string | undefined): string[] {
  return separator === undefined ? [value] : value.split(separator)
}

function checkAvailable(found: ReadonlyMap<string, readonly string[]>, table: OptionTable): void {
  const unavailable = [...found.keys()].filter((name) => {
    const needed = table[name]?.availableWith
    return needed !== undefined && !needed.some((other) => found.has(other))
  })
  if (unavailable.length > 0) {
    const names = unavailable.join(', ')
    throw new OptionMistake(
      'UnavailableOption',
      `Option(s) [${names}] are unavailable given other options on the command line`,
    )
  }
}
