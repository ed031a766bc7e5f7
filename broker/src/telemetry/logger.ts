import { isoTime } from '../runtime/iso-time.ts'

export type LogLevel = 'debug' | 'info' | 'warn' | 'error'

export type LogFields = Readonly<Record<string, unknown>>

/** Structured log: one JSON object per line with `time`, `level`, `message` and the given fields. */
export interface Logger {
  debug(message: string, fields?: LogFields): void
  info(message: string, fields?: LogFields): void
  warn(message: string, fields?: LogFields): void
  error(message: string, fields?: LogFields): void
}

const LEVELS: readonly LogLevel[] = ['debug', 'info', 'warn', 'error']

/** Lines below `least` are dropped. An Error among the fields is written as its stack. */
export function createLogger(
  write: (line: string) => void,
  now: () => number,
  least: LogLevel = 'info',
  context: LogFields = {},
): Logger {
  const emit = (level: LogLevel) => (message: string, fields?: LogFields) => {
    if (LEVELS.indexOf(level) < LEVELS.indexOf(least)) return
    const entry = { time: isoTime(now()), level, message, ...context, ...fields }
    write(`${JSON.stringify(entry, (_, value) => (value instanceof Error ? value.stack : value))}\n`)
  }
  return { debug: emit('debug'), info: emit('info'), warn: emit('warn'), error: emit('error') }
}
