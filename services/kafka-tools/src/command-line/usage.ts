/** The list of options that --help and mistakes show, in two columns. */
import type { OptionDeclaration, OptionTable } from './option-table.ts'

const LEFT_WIDTH = 39
const RIGHT_WIDTH = 40

export function usageOf(table: OptionTable): string {
  const rows = Object.keys(table)
    .sort()
    .flatMap((name) => rowsOf(`--${name}${argumentOf(table[name]!)}`, descriptionOf(table[name]!)))
  return [...rowsOf('Option', 'Description'), ...rowsOf('------', '-----------'), ...rows, ''].join('\n')
}

function argumentOf({ argument, argumentIsOptional, type }: OptionDeclaration): string {
  if (argument === undefined) return ''
  const kind = type === 'int' ? 'Integer: ' : type === 'long' ? 'Long: ' : 'String: '
  return argumentIsOptional ? ` [${kind}${argument}]` : ` <${kind}${argument}>`
}

function descriptionOf({ description, default: preset }: OptionDeclaration): string {
  return preset === undefined ? description : `${description} (default: ${preset})`
}

function rowsOf(left: string, right: string): string[] {
  const lefts = wrap(left, LEFT_WIDTH, '  ')
  const rights = wrap(right, RIGHT_WIDTH, '')
  const count = Math.max(lefts.length, rights.length)
  return Array.from({ length: count }, (_, at) =>
    `${(lefts[at] ?? '').padEnd(LEFT_WIDTH)} ${rights[at] ?? ''}`.trimEnd(),
  )
}

function wrap(text: string, width: number, indent: string): string[] {
  const lines = ['']
  for (const word of text.split(' ')) {
    const line = lines.at(-1) ?? ''
    const joined = line === '' ? word : `${line} ${word}`
    if (joined.length <= width || line === '') lines[lines.length - 1] = joined
    else lines.push(`${indent}${word}`)
  }
  return lines
}
