/** How Kafka's tools write: Java's `%-15s`, and the lines of their log. */
import type { Writable } from 'node:stream'

/** One line of a table: every cell but the last filled up to its width. */
export function columns(cells: readonly (string | number | bigint)[], widths: readonly number[]): string {
  return cells.map((cell, at) => String(cell).padEnd(widths[at] ?? 0)).join(' ')
}

export type LogLevel = 'WARN' | 'ERROR'

/** A line of a tool's log, which goes to standard error in the layout of Kafka's tools. */
export function log(errors: Writable, level: LogLevel, message: string, logger: string): void {
  errors.write(`[${timestamp(new Date())}] ${level} ${message} (${logger})\n`)
}

/** Local time, as log4j's `%d`. */
function timestamp(now: Date): string {
  const two = (value: number) => String(value).padStart(2, '0')
  const day = [now.getFullYear(), two(now.getMonth() + 1), two(now.getDate())].join('-')
  const time = [now.getHours(), now.getMinutes(), now.getSeconds()].map(two).join(':')
  return `${day} ${time},${String(now.getMilliseconds()).padStart(3, '0')}`
}
