/** The agent of one host: feeds the pure core with what happens and carries out what it decides. */
import {
  type AgentEffect,
  type AgentEvent,
  type AgentState,
  configurationOf,
  initialState,
  isQuiet,
  statuses,
  step,
} from './agent.ts'
import { ControlPlanes } from './control-planes.ts'
import type { Credential } from './credential.ts'
import { InstanceNotices } from './instance-notices.ts'
import { type Log, type LogFields, reasonOf } from './log.ts'
import { findByConfigFile, isAlive, signalProcess } from './process-identity.ts'
import { ProcessRunner } from './process-runner.ts'
import { SyncClient } from './sync.ts'
import type { UnitSpec } from './types.ts'
import { deleteUnit, readUnits, saveSpec, type UnitOnDisk, unitPaths } from './unit-files.ts'

export interface HostAgentOptions {
  readonly hostDir: string
  readonly hostId: string
  readonly brokerBundle: string
  readonly controlPlanes: readonly string[]
  readonly credential: Credential
  /** Of EC2's metadata service; absent where hosts are no instances. */
  readonly metadataEndpoint?: string
  readonly log: Log
}

const TICK_MS = 100
const TICKS_PER_LOG_CHECK = 50

export class HostAgent {
  readonly #options: HostAgentOptions
  readonly #runner: ProcessRunner
  readonly #sync: SyncClient
  readonly #notices: InstanceNotices | undefined
  readonly #pending: AgentEvent[] = []
  #state: AgentState = initialState()
  #isDispatching = false
  #reported = ''
  #timer: NodeJS.Timeout | undefined
  #ticks = 0
  #onQuiet: (() => void) | undefined

  constructor(options: HostAgentOptions) {
    this.#options = options
    this.#runner = new ProcessRunner({
      ...options,
      events: {
        spawnFailed: (unitId, reason) => this.#dispatch({ type: 'SPAWN_FAILED', unitId, reason }),
        ready: (unitId, pid) => this.#dispatch({ type: 'READY', unitId, pid }),
        died: (unitId, pid, reason) => this.#dispatch({ type: 'DIED', unitId, pid, reason }),
      },
    })
    const { metadataEndpoint: endpoint, log } = options
    const onChange = () => this.#sync.kick()
    this.#notices = endpoint === undefined ? undefined : new InstanceNotices({ endpoint, onChange, log })
    this.#sync = new SyncClient({
      ...options,
      controlPlanes: new ControlPlanes({ ...options, given: options.controlPlanes }),
      notices: () => this.#notices?.current ?? [],
      statuses: () => statuses(this.#state),
      apply: (specs) => this.#dispatch({ type: 'SPECS', specs }),
    })
  }

  /** Takes over what runs on this host, starts what should run, and listens to the control plane. */
  start(): void {
    this.#adopt()
    this.#timer = setInterval(() => this.#tick(), TICK_MS)
    void this.#sync.run()
    void this.#notices?.run()
  }

  /** Stops every unit with a clean shutdown. Their specs stay: the next agent starts them again. */
  async drain(): Promise<void> {
    const quiet = new Promise<void>((resolve) => {
      this.#onQuiet = resolve
    })
    this.#dispatch({ type: 'DRAIN' })
    await quiet
  }

  /** Leaves; the brokers go on. */
  close(): void {
    clearInterval(this.#timer)
    this.#sync.close()
    this.#notices?.close()
    this.#runner.close()
  }

  #adopt(): void {
    const { hostDir, log } = this.#options
    const units = readUnits(hostDir, (unitId, error) =>
      log.error('unit ignored', { unitId, reason: error.message }),
    )
    if (units.length === 0) return
    const byConfigFile = findByConfigFile()
    for (const { spec, started } of units) {
      const running = this.#livingProcess({ spec, started }, byConfigFile)
      if (running !== undefined) log.info('unit adopted', { unitId: spec.unitId, pid: running.process.pid })
      this.#dispatch({ type: 'FOUND', spec, running })
    }
  }

  /** An agent that died between starting a broker and writing it down leaves one that only its command line shows. */
  #livingProcess({ spec, started }: UnitOnDisk, byConfigFile: ReturnType<typeof findByConfigFile>) {
    if (started !== undefined && isAlive(started.process)) return started
    const process = byConfigFile.get(unitPaths(this.#options.hostDir, spec.unitId).serverProperties)
    return process === undefined ? undefined : { process, configuration: configurationOf(spec) }
  }

  #tick(): void {
    this.#runner.poll()
    this.#dispatch({ type: 'TICK' })
    this.#ticks += 1
    if (this.#ticks % TICKS_PER_LOG_CHECK === 0) this.#runner.boundLogs()
  }

  /** An effect may raise the next event before it returns; events are still handled one after the other. */
  #dispatch(event: AgentEvent): void {
    this.#pending.push(event)
    if (this.#isDispatching) return
    this.#isDispatching = true
    try {
      for (let next = this.#pending.shift(); next !== undefined; next = this.#pending.shift()) {
        const { state, effects } = step(this.#state, next, performance.now())
        this.#state = state
        for (const effect of effects) this.#carryOut(effect)
      }
    } finally {
      this.#isDispatching = false
    }
    this.#report()
  }

  #carryOut(effect: AgentEffect): void {
    const { hostDir } = this.#options
    switch (effect.type) {
      case 'SAVE_SPEC':
        this.#guard('saving a spec failed', { unitId: effect.spec.unitId }, () =>
          saveSpec(hostDir, effect.spec),
        )
        break
      case 'START':
        this.#start(effect.spec)
        break
      case 'WATCH':
        this.#runner.watch(effect.spec, effect.process)
        break
      case 'SIGNAL':
        this.#guard('a signal failed', { pid: effect.process.pid }, () => {
          signalProcess(effect.process, effect.signal)
        })
        break
      case 'DELETE':
        void this.#delete(effect.unitId)
        break
    }
  }

  #start(spec: UnitSpec): void {
    try {
      const process = this.#runner.start(spec)
      if (process !== undefined) this.#dispatch({ type: 'SPAWNED', unitId: spec.unitId, process })
    } catch (error) {
      this.#dispatch({ type: 'SPAWN_FAILED', unitId: spec.unitId, reason: reasonOf(error) })
    }
  }

  async #delete(unitId: string): Promise<void> {
    try {
      await deleteUnit(this.#options.hostDir, unitId)
      this.#dispatch({ type: 'DELETED', unitId })
    } catch (error) {
      this.#dispatch({ type: 'DELETE_FAILED', unitId, reason: reasonOf(error) })
    }
  }

  /** A full disk must not end the agent: the unit runs from memory, and the log says what is missing. */
  #guard(message: string, fields: LogFields, work: () => void): void {
    try {
      work()
    } catch (error) {
      this.#options.log.error(message, { ...fields, reason: reasonOf(error) })
    }
  }

  #report(): void {
    const now = statuses(this.#state)
    const text = JSON.stringify(now)
    if (text !== this.#reported) {
      this.#reported = text
      this.#options.log.info('units', { units: now })
      this.#sync.kick()
    }
    if (this.#state.draining && isQuiet(this.#state)) this.#onQuiet?.()
  }
}
