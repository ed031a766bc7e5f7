/** Makes records of lines, as Kafka's LineMessageReader: `headers`, `key` and `value` with separators between them. */
import { StringDecoder } from 'node:string_decoder'
import { KafkaException } from '../client/exceptions.ts'
import type { Properties } from '../command-line/properties.ts'

export interface LineRecord {
  readonly key: Buffer | null
  readonly value: Buffer | null
  readonly headers: readonly (readonly [name: string, value: Buffer | null])[]
}

export class LineReader {
  private readonly parsesKey: boolean
  private readonly parsesHeaders: boolean
  private readonly ignoresErrors: boolean
  private readonly keySeparator: string
  private readonly headersDelimiter: string
  private readonly headersSeparator: string
  private readonly headersKeySeparator: string
  /** What stands for null. */
  private readonly nullMarker: string | undefined
  private lineNumber = 0

  constructor(properties: Properties) {
    const flag = (name: string) => properties[name]?.trim().toLowerCase() === 'true'
    this.parsesKey = flag('parse.key')
    this.parsesHeaders = flag('parse.headers')
    this.ignoresErrors = flag('ignore.error')
    this.keySeparator = properties['key.separator'] ?? '\t'
    this.headersDelimiter = properties['headers.delimiter'] ?? '\t'
    this.headersSeparator = properties['headers.separator'] ?? ','
    this.headersKeySeparator = properties['headers.key.separator'] ?? ':'
    this.nullMarker = properties['null.marker']
    this.checkSeparators()
  }

  read(line: string): LineRecord {
    this.lineNumber += 1
    const headers = this.parsesHeaders
      ? this.cut(line, 0, this.headersDelimiter, 'headers delimiter')
      : undefined
    const afterHeaders = headers === undefined ? 0 : headers.length + this.headersDelimiter.length
    const key = this.parsesKey ? this.cut(line, afterHeaders, this.keySeparator, 'key separator') : undefined
    const afterKey = key === undefined ? afterHeaders : afterHeaders + key.length + this.keySeparator.length
    return {
      key: key === undefined ? null : this.bytes(key),
      value: this.bytes(line.slice(afterKey)),
      headers: headers === undefined || headers === this.nullMarker ? [] : this.headersOf(headers),
    }
  }

  private checkSeparators(): void {
    const same = (a: [string, string | undefined], b: [string, string | undefined]) => {
      if (a[1] === b[1]) throw new KafkaException(`${a[0]} and ${b[0]} may not be equal`)
    }
    const delimiter: [string, string] = ['headers.delimiter', this.headersDelimiter]
    const separator: [string, string] = ['headers.separator', this.headersSeparator]
    const keySeparator: [string, string] = ['headers.key.separator', this.headersKeySeparator]
    const marker: [string, string | undefined] = ['null.marker', this.nullMarker]
    same(delimiter, separator)
    same(delimiter, keySeparator)
    same(separator, keySeparator)
    same(marker, ['key.separator', this.keySeparator])
    for (const each of [separator, delimiter, keySeparator]) same(marker, each)
  }

  /** What is between a place and the next separator; undefined where that is missing and errors are ignored. */
  private cut(line: string, from: number, separator: string, what: string): string | undefined {
    const at = line.indexOf(separator, from)
    if (at >= 0) return line.slice(from, at)
    if (this.ignoresErrors) return undefined
    throw new KafkaException(`No ${what} found on line number ${this.lineNumber}: '${line}'`)
  }

  private headersOf(text: string): [string, Buffer | null][] {
    const pairs = text.split(new RegExp(this.headersSeparator))
    while (pairs.length > 1 && pairs.at(-1) === '') pairs.pop()
    return pairs.map((pair) => {
      const at = pair.indexOf(this.headersKeySeparator)
      if (at < 0) {
        if (this.ignoresErrors) return [pair, null]
        throw new KafkaException(
          `No header key separator found in pair '${pair}' on line number ${this.lineNumber}`,
        )
      }
      const name = pair.slice(0, at)
      if (name === this.nullMarker) {
        throw new KafkaException(
          `Header keys should not be equal to the null marker '${this.nullMarker}' as they can't be null`,
        )
      }
      return [name, this.bytes(pair.slice(at + this.headersKeySeparator.length))]
    })
  }

  private bytes(text: string): Buffer | null {
    return text === this.nullMarker ? null : Buffer.from(text)
  }
}

/** Lines end with LF, CR or both, and nowhere else: node:readline knows two more ends that Java does not. */
export async function* linesOf(input: AsyncIterable<Buffer | string>): AsyncGenerator<string> {
  const decoder = new StringDecoder('utf8')
  let rest = ''
  for await (const chunk of input) {
    const text = rest + (typeof chunk === 'string' ? chunk : decoder.write(chunk))
    // A CR at the end may be the first half of a line's end.
    const cut = text.endsWith('\r') ? text.length - 1 : text.length
    const lines = text.slice(0, cut).split(/\r\n|\n|\r/)
    rest = (lines.pop() ?? '') + text.slice(cut)
    yield* lines
  }
  const last = (rest + decoder.end()).replace(/\r$/, '')
  if (rest !== '') yield last
}
