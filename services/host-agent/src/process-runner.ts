/**
 * Broker processes of one host: starts, watches and signals them. They are detached and write to their own log
 * file, so they live on when this agent dies; a later agent watches them by polling.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, mkdirSync } from 'node:fs'
import { configurationOf } from './agent.ts'
import { brokerArguments, brokerEnvironment } from './broker-command.ts'
import { reasonOf } from './log.ts'
import { boundLogFile, lastLine, openLogFile } from './log-file.ts'
import { probe, probeHost } from './probe.ts'
import { identify, type ProcessIdentity, stillRuns } from './process-identity.ts'
import type { UnitSpec } from './types.ts'
import { saveRunningProcess, saveServerProperties, unitPaths } from './unit-files.ts'

export interface RunnerEvents {
  spawnFailed(unitId: string, reason: string): void
  ready(unitId: string, pid: number): void
  died(unitId: string, pid: number, reason: string): void
}

interface Watched {
  readonly process: ProcessIdentity
  /** Our own child reports its exit by itself; an adopted process is polled. */
  readonly child: ChildProcess | undefined
}

const FIRST_PROBE_PAUSE_MS = 10
const LONGEST_PROBE_PAUSE_MS = 250

export class ProcessRunner {
  readonly #hostDir: string
  readonly #brokerBundle: string
  readonly #events: RunnerEvents
  readonly #children = new Map<number, ChildProcess>()
  readonly #watched = new Map<string, Watched>()
  #closed = false

  constructor(options: { hostDir: string; brokerBundle: string; events: RunnerEvents }) {
    this.#hostDir = options.hostDir
    this.#brokerBundle = options.brokerBundle
    this.#events = options.events
  }

  /** Returns the new process; undefined if there is none, which `spawnFailed` then tells. */
  start(spec: UnitSpec): ProcessIdentity | undefined {
    const { unitId } = spec
    const paths = unitPaths(this.#hostDir, unitId)
    mkdirSync(paths.folder, { recursive: true })
    saveServerProperties(this.#hostDir, spec)
    const log = openLogFile(paths.brokerLog)
    const child = this.#spawn(paths.folder, paths.serverProperties, log)
    child.on('error', (error) => this.#events.spawnFailed(unitId, reasonOf(error)))
    if (child.pid === undefined) return undefined
    child.unref()
    this.#children.set(child.pid, child)
    child.on('exit', (code, signal) => this.#exited(unitId, child, code, signal))
    // A process that is gone already has no start time; its exit is reported next.
    const identity = identify(child.pid) ?? { pid: child.pid, startedAt: '' }
    saveRunningProcess(this.#hostDir, unitId, { process: identity, configuration: configurationOf(spec) })
    return identity
  }

  /** Tells when the process serves and when it died. */
  watch(spec: UnitSpec, process: ProcessIdentity): void {
    this.#watched.set(spec.unitId, { process, child: this.#children.get(process.pid) })
    void this.#probeUntilReady(spec, process)
  }

  /** Looks after adopted processes: to be called every 100 ms or so. */
  poll(): void {
    for (const [unitId, watched] of this.#watched) {
      const { process, child } = watched
      if (child !== undefined || runs(watched)) continue
      this.#watched.delete(unitId)
      this.#events.died(unitId, process.pid, this.#describe('the broker process is gone', unitId))
    }
  }

  /** To be called every few seconds. */
  boundLogs(): void {
    for (const unitId of this.#watched.keys()) boundLogFile(unitPaths(this.#hostDir, unitId).brokerLog)
  }

  /** Watches nothing any more; the processes go on. */
  close(): void {
    this.#closed = true
    this.#watched.clear()
  }

  #spawn(cwd: string, serverProperties: string, log: number): ChildProcess {
    const { FRESHET_AGENT_TOKEN_FILE: _, ...env } = process.env
    try {
      return spawn(process.execPath, brokerArguments(this.#brokerBundle, serverProperties), {
        cwd,
        env: { ...brokerEnvironment, ...env },
        detached: true,
        stdio: ['ignore', log, log],
      })
    } finally {
      closeSync(log)
    }
  }

  #exited(unitId: string, child: ChildProcess, code: number | null, signal: string | null): void {
    const pid = child.pid!
    this.#children.delete(pid)
    if (this.#watched.get(unitId)?.process.pid === pid) this.#watched.delete(unitId)
    if (this.#closed) return
    const outcome = signal === null ? `exited with code ${code}` : `killed by ${signal}`
    this.#events.died(unitId, pid, this.#describe(outcome, unitId))
  }

  #describe(outcome: string, unitId: string): string {
    const lastWords = lastLine(unitPaths(this.#hostDir, unitId).brokerLog)
    return lastWords === undefined ? outcome : `${outcome}; last log line: ${lastWords}`
  }

  async #probeUntilReady(spec: UnitSpec, process: ProcessIdentity): Promise<void> {
    const host = probeHost(spec.properties.listeners)
    const isWatched = () => {
      const watched = this.#watched.get(spec.unitId)
      return watched?.process === process && runs(watched)
    }
    for (
      let pauseMs = FIRST_PROBE_PAUSE_MS;
      isWatched();
      pauseMs = Math.min(pauseMs * 1.5, LONGEST_PROBE_PAUSE_MS)
    ) {
      const serves = await probe(host, spec.port)
      if (serves && isWatched()) return this.#events.ready(spec.unitId, process.pid)
      await new Promise((resolve) => setTimeout(resolve, pauseMs))
    }
  }
}

function runs({ process, child }: Watched): boolean {
  return child === undefined ? stillRuns(process) : child.exitCode === null && child.signalCode === null
}
