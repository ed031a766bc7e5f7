/** A tool as a process: the terminal that it is started from, and its end. */
import { runKafkaTool } from './run.ts'
import type { Terminal } from './tool.ts'

/** Resolves with the exit code. */
export async function runAsProcess(name: string, args: readonly string[]): Promise<number> {
  const exitCode = await runKafkaTool(name, args, processTerminal())
  // Whatever the input still has is of no interest; an open pipe would keep the process.
  process.stdin.destroy()
  return exitCode
}

function processTerminal(): Terminal {
  const interruption = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => interruption.abort())
  // Whoever reads us may go away, as `head` does: the stream is then destroyed, which tools look at.
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error
    })
  }
  return {
    input: process.stdin,
    output: process.stdout,
    errors: process.stderr,
    isInteractive: process.stdin.isTTY === true && process.stdout.isTTY === true,
    interrupted: interruption.signal,
  }
}
