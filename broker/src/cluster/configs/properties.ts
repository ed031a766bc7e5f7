/** Java's properties format, in which server.properties is written. */

/** Later lines win, as in Java. */
export function parseProperties(text: string): Map<string, string> {
  const properties = new Map<string, string>()
  for (const line of logicalLines(text)) {
    const [, key = '', value = ''] = /^((?:\\.|[^\\\s=:])*)\s*[=:]?\s*(.*)$/s.exec(line) ?? []
    properties.set(unescaped(key), unescaped(value))
  }
  return properties
}

/** Lines without comments and blanks; a line that ends in an odd number of backslashes goes on in the next one. */
function* logicalLines(text: string): Generator<string> {
  let pending: string | undefined
  for (const raw of text.split(/\r\n|\n|\r/)) {
    const line = raw.trimStart()
    if (pending === undefined && (line === '' || line.startsWith('#') || line.startsWith('!'))) continue
    const joined: string = (pending ?? '') + line
    const trailing = /\\*$/.exec(joined)?.[0].length ?? 0
    if (trailing % 2 === 1) {
      pending = joined.slice(0, -1)
    } else {
      yield joined
      pending = undefined
    }
  }
  if (pending !== undefined) yield pending
}

const ESCAPES: Readonly<Record<string, string>> = { t: '\t', n: '\n', r: '\r', f: '\f' }

function unescaped(text: string): string {
  return text.replace(/\\(?:u([0-9a-fA-F]{4})|(.))/gs, (_, code: string | undefined, char: string) =>
    code === undefined ? (ESCAPES[char] ?? char) : String.fromCharCode(Number.parseInt(code, 16)),
  )
}
