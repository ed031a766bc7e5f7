/** A long-running child process of a test, with its output kept for the failure message. */
import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, openSync, readFileSync } from 'node:fs'

export interface Child {
  readonly pid: number
  readonly process: ChildProcess
  /** Resolves when it ended, with its exit code or the signal's name. */
  readonly ended: Promise<number | string>
  readonly isRunning: () => boolean
  /** The end of what it wrote. */
  readonly log: () => string
}

export interface ChildOptions {
  readonly env?: Readonly<Record<string, string>>
  readonly cwd?: string
}

export function startChild(
  command: string,
  args: readonly string[],
  logFile: string,
  options: ChildOptions = {},
): Child {
  const output = openSync(logFile, 'a')
  const child = spawn(command, args, {
    stdio: ['ignore', output, output],
    env: { ...process.env, ...options.env },
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
  })
  closeSync(output)
  if (child.pid === undefined) throw new Error(`cannot start ${command}`)
  const ended = new Promise<number | string>((resolve) => {
    child.on('exit', (code, signal) => resolve(code ?? signal ?? 'unknown'))
  })
  return {
    pid: child.pid,
    process: child,
    ended,
    isRunning: () => child.exitCode === null && child.signalCode === null,
    log: () => readFileSync(logFile, 'utf8').slice(-4000),
  }
}

/** SIGTERM, then SIGKILL when it does not end in time. Resolves with how it ended. */
export async function stopChild(child: Child, graceMs = 60_000): Promise<number | string> {
  if (child.isRunning()) child.process.kill('SIGTERM')
  const force = setTimeout(() => child.process.kill('SIGKILL'), graceMs)
  const ending = await child.ended
  clearTimeout(force)
  return ending
}
