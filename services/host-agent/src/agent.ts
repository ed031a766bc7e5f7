/**
 * What a host's agent does about its units, as a pure function: events and time in, effects out. Each event
 * changes what is known of a unit; `settle` then compares it with what is wanted, so that every path (a new
 * spec, a death, an adopted process, a shutdown) ends in the same few decisions.
 */
import type { ProcessIdentity } from './process-identity.ts'
import type { UnitPhase, UnitSpec, UnitStatus } from './types.ts'

export const STOP_TIMEOUT_MS = 30_000
export const HEALTHY_AFTER_MS = 60_000
const FIRST_BACKOFF_MS = 100
const LONGEST_BACKOFF_MS = 10_000
const LONGEST_BACKOFF_AFTER_SERVING_MS = 250
const RETRY_MS = 1_000

export interface AgentState {
  readonly units: ReadonlyMap<string, Unit>
  /** The agent's own shutdown: every unit is to stop, whatever its spec says. */
  readonly draining: boolean
}

export interface Unit {
  readonly spec: UnitSpec
  readonly phase: UnitPhase
  readonly process?: ProcessIdentity | undefined
  /** What the process was started with: see `configurationOf`. */
  readonly configuration?: string | undefined
  readonly restarts: number
  /** Deaths in a row, without a healthy minute between them. */
  readonly failures: number
  readonly readySinceMs?: number | undefined
  /** Its folder is being deleted: nothing may start in it before that has ended. */
  readonly isDeleting?: boolean
  /** When to start again (BACKOFF), to kill (STOPPING) or to delete again (after a failure). */
  readonly dueAtMs?: number | undefined
  readonly lastError?: string | undefined
}

export type AgentEvent =
  | { readonly type: 'SPECS'; readonly specs: readonly UnitSpec[] }
  | { readonly type: 'FOUND'; readonly spec: UnitSpec; readonly running?: RunningProcess | undefined }
  | { readonly type: 'SPAWNED'; readonly unitId: string; readonly process: ProcessIdentity }
  | { readonly type: 'SPAWN_FAILED'; readonly unitId: string; readonly reason: string }
  | { readonly type: 'READY'; readonly unitId: string; readonly pid: number }
  | { readonly type: 'DIED'; readonly unitId: string; readonly pid: number; readonly reason: string }
  | { readonly type: 'DELETED'; readonly unitId: string }
  | { readonly type: 'DELETE_FAILED'; readonly unitId: string; readonly reason: string }
  | { readonly type: 'TICK' }
  | { readonly type: 'DRAIN' }

export interface RunningProcess {
  readonly process: ProcessIdentity
  readonly configuration: string
}

export type AgentEffect =
  | { readonly type: 'SAVE_SPEC'; readonly spec: UnitSpec }
  | { readonly type: 'START'; readonly spec: UnitSpec }
  /** Watch for its death, and tell when it serves. */
  | { readonly type: 'WATCH'; readonly spec: UnitSpec; readonly process: ProcessIdentity }
  | { readonly type: 'SIGNAL'; readonly process: ProcessIdentity; readonly signal: 'SIGTERM' | 'SIGKILL' }
  | { readonly type: 'DELETE'; readonly unitId: string }

export interface Step {
  readonly state: AgentState
  readonly effects: readonly AgentEffect[]
}

export function initialState(): AgentState {
  return { units: new Map(), draining: false }
}

export function step(state: AgentState, event: AgentEvent, nowMs: number): Step {
  const units = new Map(state.units)
  const draining = state.draining || event.type === 'DRAIN'
  const effects: AgentEffect[] = []
  for (const unitId of learn(units, event, nowMs, effects)) {
    const unit = units.get(unitId)
    if (unit !== undefined) units.set(unitId, settle(unit, draining, nowMs, effects))
  }
  return { state: { units, draining }, effects }
}

/** Stopped, so that a drained agent may leave. */
export function isQuiet(state: AgentState): boolean {
  return [...state.units.values()].every(({ phase }) => phase === 'STOPPED' || phase === 'REMOVED')
}

export function statuses(state: AgentState): UnitStatus[] {
  return [...state.units.values()].map(({ spec, phase, process, restarts, lastError }) => ({
    unitId: spec.unitId,
    state: phase,
    restarts,
    ...(process === undefined ? {} : { pid: process.pid }),
    ...(lastError === undefined ? {} : { lastError }),
  }))
}

/** Two specs with the same configuration need no restart. */
export function configurationOf({ port, generation }: UnitSpec): string {
  return JSON.stringify([port, generation])
}

/** Takes in what an event says; returns the units that it concerns. */
function learn(units: Map<string, Unit>, event: AgentEvent, nowMs: number, effects: AgentEffect[]): string[] {
  if (event.type === 'TICK' || event.type === 'DRAIN') return [...units.keys()]
  if (event.type === 'SPECS') return learnSpecs(units, event.specs, effects)
  if (event.type === 'FOUND') {
    const { spec, running } = event
    const fresh = { spec, phase: 'STOPPED', restarts: 0, failures: 0 } as const
    units.set(spec.unitId, running === undefined ? fresh : { ...fresh, phase: 'STARTING', ...running })
    if (running !== undefined) effects.push({ type: 'WATCH', spec, process: running.process })
    return [spec.unitId]
  }
  const unit = units.get(event.unitId)
  if (unit === undefined) return []
  units.set(event.unitId, learnOne(unit, event, nowMs, effects))
  return [event.unitId]
}

/** A unit that the control plane no longer lists stays as it is, unless it was removed: forgetting is no order. */
function learnSpecs(units: Map<string, Unit>, specs: readonly UnitSpec[], effects: AgentEffect[]): string[] {
  const listed = new Set(specs.map(({ unitId }) => unitId))
  for (const [unitId, { phase }] of units) {
    if (phase === 'REMOVED' && !listed.has(unitId)) units.delete(unitId)
  }
  for (const spec of specs) {
    const known = units.get(spec.unitId)
    if (known !== undefined && sameSpec(known.spec, spec)) continue
    // A changed spec may mend what made the broker die: it is tried at once.
    const unit: Unit = known ?? { spec, phase: 'STOPPED', restarts: 0, failures: 0 }
    const isWaiting = unit.phase === 'BACKOFF'
    units.set(spec.unitId, { ...unit, spec, failures: 0, dueAtMs: isWaiting ? undefined : unit.dueAtMs })
    effects.push({ type: 'SAVE_SPEC', spec })
  }
  return [...listed]
}

type UnitEvent = Exclude<AgentEvent, { type: 'TICK' | 'DRAIN' | 'SPECS' | 'FOUND' }>

function learnOne(unit: Unit, event: UnitEvent, nowMs: number, effects: AgentEffect[]): Unit {
  switch (event.type) {
    case 'SPAWNED':
      effects.push({ type: 'WATCH', spec: unit.spec, process: event.process })
      return { ...unit, process: event.process }
    case 'SPAWN_FAILED':
      return bury(unit, event.reason, nowMs)
    case 'READY':
      if (unit.phase !== 'STARTING' || unit.process?.pid !== event.pid) return unit
      return { ...unit, phase: 'RUNNING', readySinceMs: nowMs }
    case 'DIED':
      return unit.process?.pid === event.pid ? bury(unit, event.reason, nowMs) : unit
    case 'DELETED':
      // Wanted again meanwhile: its spec was written into the folder that is gone now.
      if (unit.spec.desired !== 'REMOVED') effects.push({ type: 'SAVE_SPEC', spec: unit.spec })
      return { spec: unit.spec, phase: 'REMOVED', restarts: 0, failures: 0 }
    case 'DELETE_FAILED':
      return { ...unit, isDeleting: false, lastError: event.reason, dueAtMs: nowMs + RETRY_MS }
  }
}

/** The process is gone. A death that we asked for needs no excuse and no backoff. */
function bury(unit: Unit, reason: string, nowMs: number): Unit {
  const gone = { ...unit, process: undefined, configuration: undefined, readySinceMs: undefined }
  if (unit.phase === 'STOPPING') return { ...gone, phase: 'STOPPED', dueAtMs: undefined }
  const wasHealthy = unit.readySinceMs !== undefined && nowMs - unit.readySinceMs >= HEALTHY_AFTER_MS
  const failures = wasHealthy ? 0 : unit.failures
  return {
    ...gone,
    phase: 'BACKOFF',
    restarts: unit.restarts + 1,
    failures: failures + 1,
    dueAtMs: nowMs + backoffMs(failures, unit.readySinceMs !== undefined),
    lastError: reason,
  }
}

/**
 * The first restart is immediate. A broker that had served is back within a second however often it is killed;
 * only one that never gets that far is tried ever more slowly.
 */
function backoffMs(failures: number, hadServed: boolean): number {
  const longestMs = hadServed ? LONGEST_BACKOFF_AFTER_SERVING_MS : LONGEST_BACKOFF_MS
  return failures === 0 ? 0 : Math.min(FIRST_BACKOFF_MS * 2 ** (failures - 1), longestMs)
}

function settle(unit: Unit, draining: boolean, nowMs: number, effects: AgentEffect[]): Unit {
  const isDue = unit.dueAtMs === undefined || unit.dueAtMs <= nowMs
  const isWanted = unit.spec.desired === 'RUNNING' && !draining
  if (unit.process !== undefined) {
    if (unit.phase === 'STOPPING') return isDue ? kill(unit, unit.process, nowMs, effects) : unit
    const isCurrent = unit.configuration === configurationOf(unit.spec)
    return isWanted && isCurrent ? unit : terminate(unit, unit.process, nowMs, effects)
  }
  // A process or a deletion is on the way: its outcome moves the unit on.
  if (unit.phase === 'STARTING' || unit.isDeleting) return unit
  if (isWanted) return isDue ? start(unit, effects) : unit
  if (unit.spec.desired === 'REMOVED') return remove(unit, isDue, effects)
  return { ...unit, phase: 'STOPPED', dueAtMs: undefined }
}

function start(unit: Unit, effects: AgentEffect[]): Unit {
  effects.push({ type: 'START', spec: unit.spec })
  return { ...unit, phase: 'STARTING', configuration: configurationOf(unit.spec), dueAtMs: undefined }
}

function terminate(unit: Unit, process: ProcessIdentity, nowMs: number, effects: AgentEffect[]): Unit {
  effects.push({ type: 'SIGNAL', process, signal: 'SIGTERM' })
  return { ...unit, phase: 'STOPPING', dueAtMs: nowMs + STOP_TIMEOUT_MS }
}

function kill(unit: Unit, process: ProcessIdentity, nowMs: number, effects: AgentEffect[]): Unit {
  effects.push({ type: 'SIGNAL', process, signal: 'SIGKILL' })
  return { ...unit, dueAtMs: nowMs + RETRY_MS, lastError: 'killed: it did not stop in time' }
}

function remove(unit: Unit, isDue: boolean, effects: AgentEffect[]): Unit {
  if (unit.phase === 'REMOVED' || !isDue) return unit
  effects.push({ type: 'DELETE', unitId: unit.spec.unitId })
  return { ...unit, phase: 'STOPPING', isDeleting: true, dueAtMs: undefined }
}

function sameSpec(a: UnitSpec, b: UnitSpec): boolean {
  const textOf = ({ properties }: UnitSpec) => JSON.stringify(Object.entries(properties).sort())
  return a.desired === b.desired && configurationOf(a) === configurationOf(b) && textOf(a) === textOf(b)
}
