/** Structured log lines: one JSON object per line on stderr, read by people and by log collectors alike. */

export type LogFields = Readonly<Record<string, unknown>>

export interface Log {
  info(message: string, fields?: LogFields): void
  warn(message: string, fields?: LogFields): void
  error(message: string, fields?: LogFields): void
  /** The same log, with these fields on every line. */
  with(fields: LogFields): Log
}

export function createLog(write: (line: string) => void, now: () => number, common: LogFields = {}): Log {
  const emit =
    (level: string) =>
    (message: string, fields: LogFields = {}) => {
      const time = new Date(now()).toISOString()
      write(`${JSON.stringify({ time, level, message, ...common, ...fields })}\n`)
    }
  return {
    info: emit('info'),
    warn: emit('warn'),
    error: emit('error'),
    with: (fields) => createLog(write, now, { ...common, ...fields }),
  }
}

export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
