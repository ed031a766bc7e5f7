/** The timeline of a run: kept as a hash, so that two runs can be compared, and as lines if somebody wants to read. */
import { createHash, type Hash } from 'node:crypto'

export class Trace {
  readonly #now: () => number
  readonly #write: ((line: string) => void) | undefined
  readonly #hash: Hash = createHash('sha256')
  eventCount = 0

  constructor(now: () => number, write: ((line: string) => void) | undefined) {
    this.#now = now
    this.#write = write
  }

  add(who: string, what: string, details: Readonly<Record<string, unknown>> = {}): void {
    this.eventCount++
    const words = Object.entries(details).map(([name, value]) => `${name}=${textOf(value)}`)
    const line = `${(this.#now() / 1000).toFixed(3).padStart(9)}  ${who.padEnd(11)} ${[what, ...words].join(' ')}`
    this.#hash.update(line)
    this.#write?.(line)
  }

  get hash(): string {
    return this.#hash.copy().digest('hex').slice(0, 16)
  }
}

function textOf(value: unknown): string {
  if (value instanceof Error) return value.message
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}
