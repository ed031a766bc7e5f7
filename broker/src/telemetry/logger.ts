import { isoTime } from '../runtime/iso-time.ts'

export type LogLevel = 'debug' | 'info' | 'warn' | 'error'

export type LogFields = Readonly<Record<string, unknown>>

export interface Logger {
  debug(message: string, fields?: LogFields): void
  info(message: string, fields?: LogFields): void
  warn(message: string, fields?: LogFields): void
  error(message: string, fields?: LogFields): void
}

export interface LogLine {
  readonly level: LogLevel
  /** Of the logger. */
  readonly logger: LoggerName
  readonly message: string
  readonly fields: LogFields | undefined
}

export type LogSink = (line: LogLine) => void

/** One JSON object per line with `time`, `level`, `logger`, `message` and the fields; an Error is written as its stack. */
export function jsonLines(write: (line: string) => void, now: () => number): LogSink {
  return ({ fields, ...line }) => {
    const entry = { time: isoTime(now()), ...line, ...fields }
    write(`${JSON.stringify(entry, (_, value) => (value instanceof Error ? value.stack : value))}\n`)
  }
}

/**
 * Which parts of the broker log by themselves, under the names that they have in Kafka. A logger without a level of its
 * own has that of the nearest one whose name its own begins with, or else of `root`.
 */
export const LOGGER_NAMES = [
  'root',
  'kafka',
  'kafka.coordinator.transaction.TransactionCoordinator',
  'kafka.log.LogCleaner',
  'kafka.log.LogManager',
  'kafka.network.SocketServer',
  'kafka.request.logger',
  'kafka.server.BrokerServer',
  'kafka.server.KafkaApis',
  'kafka.server.ReplicaManager',
  'org.apache.kafka',
  'org.apache.kafka.controller',
  'org.apache.kafka.coordinator.group.GroupCoordinatorService',
  'org.apache.kafka.coordinator.share.ShareCoordinatorService',
  'org.apache.kafka.image.loader.MetadataLoader',
] as const

export type LoggerName = (typeof LOGGER_NAMES)[number]

/** The levels that a logger may be set to, from everything to nothing: here no message is finer than DEBUG, none FATAL. */
export const LOGGER_LEVELS = ['TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR', 'FATAL'] as const

export type LoggerLevel = (typeof LOGGER_LEVELS)[number]

const ROOT: LoggerName = 'root'
const DEBUG = LOGGER_LEVELS.indexOf('DEBUG')
const RANKS: Readonly<Record<LogLevel, number>> = {
  debug: DEBUG,
  info: LOGGER_LEVELS.indexOf('INFO'),
  warn: LOGGER_LEVELS.indexOf('WARN'),
  error: LOGGER_LEVELS.indexOf('ERROR'),
}

class NamedLogger implements Logger {
  least = 0
  readonly #name: LoggerName
  readonly #sink: LogSink

  constructor(name: LoggerName, sink: LogSink) {
    this.#name = name
    this.#sink = sink
  }

  /** For who would do work only to have something to say. */
  get isDebug(): boolean {
    return this.least <= DEBUG
  }

  debug(message: string, fields?: LogFields): void {
    this.#log('debug', message, fields)
  }

  info(message: string, fields?: LogFields): void {
    this.#log('info', message, fields)
  }

  warn(message: string, fields?: LogFields): void {
    this.#log('warn', message, fields)
  }

  error(message: string, fields?: LogFields): void {
    this.#log('error', message, fields)
  }

  #log(level: LogLevel, message: string, fields: LogFields | undefined): void {
    if (RANKS[level] >= this.least) this.#sink({ level, logger: this.#name, message, fields })
  }
}

/** The loggers of one broker, whose levels can be changed while it runs; a start forgets them. */
export class Loggers {
  readonly #loggers: ReadonlyMap<LoggerName, NamedLogger>
  readonly #levels = new Map<LoggerName, LoggerLevel>([
    [ROOT, 'INFO'],
    ['kafka.request.logger', 'WARN'],
  ])

  constructor(sink: LogSink) {
    this.#loggers = new Map(LOGGER_NAMES.map((name) => [name, new NamedLogger(name, sink)]))
    this.#apply()
  }

  get(name: LoggerName): Logger & { readonly isDebug: boolean } {
    return this.#loggers.get(name) as NamedLogger
  }

  /** Of every logger the level by which it goes. */
  levels(): (readonly [LoggerName, LoggerLevel])[] {
    return LOGGER_NAMES.map((name) => [name, this.#levelOf(name)] as const)
  }

  set(name: LoggerName, level: LoggerLevel): void {
    this.#levels.set(name, level)
    this.#apply()
  }

  /** The logger goes by what is above it again; `root` must have a level. */
  unset(name: Exclude<LoggerName, 'root'>): void {
    this.#levels.delete(name)
    this.#apply()
  }

  #apply(): void {
    for (const [name, logger] of this.#loggers) logger.least = LOGGER_LEVELS.indexOf(this.#levelOf(name))
  }

  #levelOf(name: LoggerName): LoggerLevel {
    let nearest: LoggerName = ROOT
    for (const each of this.#levels.keys()) {
      const isAbove = each === name || name.startsWith(`${each}.`)
      if (isAbove && (nearest === ROOT || each.length > nearest.length)) nearest = each
    }
    return this.#levels.get(nearest) as LoggerLevel
  }
}
