import type { Terminal } from '../tool.ts'

/** As Kafka's tool does: on the standard output. */
export function printError(terminal: Terminal, message: string): void {
  terminal.output.write(`\nError: ${message}\n`)
}
