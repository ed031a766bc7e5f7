/** Settings of clients: `key=value` arguments, and files in Java's properties format. */
import { readFileSync } from 'node:fs'
import { FileException, IllegalArgumentException } from '../client/exceptions.ts'

export type Properties = Readonly<Record<string, string>>

/** A value may have equals signs; one that is missing is the empty text. */
export function keyValues(args: readonly string[]): Properties {
  return Object.fromEntries(
    args.map((each) => {
      const equals = each.indexOf('=')
      return equals < 0 ? [each, ''] : [each.slice(0, equals), each.slice(equals + 1)]
    }),
  )
}

export function propertiesFile(path: string): Properties {
  let text: string
  try {
    text = readFileSync(path, 'latin1')
  } catch (error) {
    if (!(error instanceof Error && 'code' in error)) throw error
    const known = error.code === 'ENOENT'
    throw new FileException(
      known ? 'java.nio.file.NoSuchFileException' : 'java.nio.file.FileSystemException',
      known ? path : `${path}: ${error.message}`,
    )
  }
  return parseProperties(text)
}

/** The format of java.util.Properties: comments, continued lines, `=`, `:` or blanks as separators, escapes. */
export function parseProperties(text: string): Properties {
  const properties: Record<string, string> = {}
  for (const line of logicalLines(text)) {
    const [, key = '', value = ''] = /^((?:\\.|[^\\\s=:])*)(?:\s*[=:]\s*|\s+)?(.*)$/s.exec(line) ?? []
    properties[unescaped(key)] = unescaped(value)
  }
  return properties
}

function* logicalLines(text: string): Generator<string> {
  let begun: string | undefined
  for (const natural of text.split(/\r\n|\r|\n/)) {
    const line: string = natural.replace(/^[ \t\f]+/, '')
    if (begun === undefined && (line === '' || line.startsWith('#') || line.startsWith('!'))) continue
    const joined: string = (begun ?? '') + line
    const [backslashes = ''] = /\\*$/.exec(line) ?? []
    if (backslashes.length % 2 === 1) {
      begun = joined.slice(0, -1)
    } else {
      begun = undefined
      yield joined
    }
  }
  if (begun !== undefined) yield begun
}

const CONTROLS: Readonly<Record<string, string>> = { t: '\t', n: '\n', r: '\r', f: '\f' }

function unescaped(text: string): string {
  return text.replace(/\\u([0-9a-fA-F]{4})|\\(.)/gs, (_, code: string | undefined, letter: string) => {
    if (letter === 'u') throw new IllegalArgumentException('Malformed \\uxxxx encoding.')
    return code === undefined ? (CONTROLS[letter] ?? letter) : String.fromCharCode(Number.parseInt(code, 16))
  })
}
