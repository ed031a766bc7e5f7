/**
 * A program that is kept running. It has a channel to this process, so that it notices when this process is
 * killed, and a session of its own, so that Ctrl-C in the terminal reaches only this process.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync } from 'node:fs'
import { lastLine, openLogFile, reasonOf } from '@freshet/host-agent'
import { planRestart } from './restart-policy.ts'

export interface ProgramOptions {
  /** For people. */
  readonly name: string
  /** Script and flags. */
  readonly command: readonly string[]
  readonly env: Readonly<Record<string, string>>
  readonly logFile: string
  readonly say: (line: string) => void
}

const MOST_ATTEMPTS = 3

export class SupervisedProcess {
  readonly #options: ProgramOptions
  #child: ChildProcess | undefined
  #deathsMs: readonly number[] = []
  #restart: NodeJS.Timeout | undefined
  #isStopping = false

  constructor(options: ProgramOptions) {
    this.#options = options
  }

  start(): void {
    const child = this.#spawn()
    this.#child = child
    let problem: string | undefined
    // Also raised when a message finds the channel closed; the exit follows then.
    child.on('error', (error) => {
      problem = reasonOf(error)
      if (child.pid === undefined) this.#died(problem)
    })
    child.on('exit', (code, signal) => {
      this.#died(problem ?? (signal === null ? `exit code ${code}` : `killed by ${signal}`))
    })
  }

  /** Sends SIGTERM, and SIGKILL if it takes longer than `timeoutMs`. */
  async stop(timeoutMs: number): Promise<void> {
    this.#beginStop()
    if (this.#child !== undefined) await this.#end(this.#child, (child) => child.kill('SIGTERM'), timeoutMs)
  }

  /**
   * Asks the program to finish its work and leave. One that dies over it, or was dead, is started again for it:
   * otherwise its work would be left undone.
   */
  async finish(message: string, timeoutMs: number): Promise<void> {
    this.#beginStop()
    for (let attempt = 1; attempt <= MOST_ATTEMPTS; attempt++) {
      if (this.#child === undefined) this.start()
      const child: ChildProcess | undefined = this.#child
      if (child === undefined) continue
      if (await this.#end(child, () => child.send(message), timeoutMs)) return
    }
    this.#options.say(`${this.#options.name} could not finish; see ${this.#options.logFile}`)
  }

  /** Ends it now. */
  kill(): void {
    this.#beginStop()
    this.#child?.kill('SIGKILL')
  }

  #beginStop(): void {
    this.#isStopping = true
    clearTimeout(this.#restart)
  }

  #spawn(): ChildProcess {
    const { command, env, logFile } = this.#options
    const log = openLogFile(logFile)
    try {
      return spawn(process.execPath, command, {
        detached: true,
        env: { ...process.env, ...env },
        stdio: ['ignore', log, log, 'ipc'],
      })
    } finally {
      closeSync(log)
    }
  }

  #died(outcome: string): void {
    this.#child = undefined
    if (this.#isStopping) return
    const { name, logFile, say } = this.#options
    const { deathsMs, delayMs, isFlapping } = planRestart(this.#deathsMs, performance.now())
    this.#deathsMs = deathsMs
    // A signal came from outside: only what ended by itself has a reason to tell.
    const lastWords = outcome.startsWith('killed')
      ? ''
      : `; its last log line: ${lastLine(logFile) ?? 'none'}`
    say(`${name} died (${outcome}) and is started again${lastWords}`)
    if (isFlapping) {
      say(`${name} dies again and again; the next try is in ${delayMs / 1000} s. See ${logFile}`)
    }
    this.#restart = setTimeout(() => this.start(), delayMs)
  }

  /** Returns whether it left by itself and with success. */
  #end(child: ChildProcess, ask: (child: ChildProcess) => void, timeoutMs: number): Promise<boolean> {
    return new Promise((resolve) => {
      // Never came to life: there will be no exit.
      if (child.pid === undefined) return resolve(false)
      const timer = setTimeout(() => child.kill('SIGKILL'), timeoutMs)
      child.once('exit', (code) => {
        clearTimeout(timer)
        resolve(code === 0)
      })
      ask(child)
    })
  }
}
