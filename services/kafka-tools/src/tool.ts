/** What a command line tool is here: a name, a table of options, and what it does with them. */
import type { Readable, Writable } from 'node:stream'
import type { OptionTable } from './command-line/option-table.ts'
import type { ParsedOptions } from './command-line/parsed-options.ts'

/** What a tool reads from and writes to: the process's own streams, or those of a test. */
export interface Terminal {
  readonly input: Readable
  readonly output: Writable
  readonly errors: Writable
  /** Somebody types the input and sees the output. */
  readonly isInteractive: boolean
  /** Aborted when the user wants the tool to end: Ctrl-C, SIGTERM. */
  readonly interrupted: AbortSignal
}

export interface Tool {
  readonly name: string
  /** The sentence that --help begins with. */
  readonly purpose: string
  readonly options: OptionTable
  /** How the tool says that its options make no sense: Kafka's tools are of two minds about listing them all. */
  readonly listsOptionsOnMistakes: boolean
  /** Resolves with the exit code. */
  run(options: ParsedOptions, terminal: Terminal): Promise<number>
}

/** Kafka's version whose tools are the model: what they understand and what they print. */
export const KAFKA_VERSION = '4.3.1'
