/**
 * One seed: a cluster and its clients under faults (safety), then everything healed (liveness: every client progresses,
 * everything acknowledged is read), then the verdicts.
 */

import { HistoryRecorder } from './checker/recorder.ts'
import type { Dice } from './dice.ts'
import type { Fault } from './faults/fault.ts'
import { allFaults } from './faults/index.ts'
import { Saboteur } from './faults/saboteur.ts'
import { CommittedWatch } from './invariants/committed.ts'
import { LeaderWatch } from './invariants/leaders.ts'
import { differingReplicas, laggingReplicas } from './invariants/replicas.ts'
import { propertiesOf } from './properties.ts'
import { PLAIN, type TopicKind } from './topic-kind.ts'
import { verdictsOf } from './verdicts.ts'
import { type ExtraWorkload, propertiesOfExtras, startWorkloads } from './workloads/index.ts'
import type { Workload } from './workloads/workload.ts'
import { World, type WrapStore } from './world/world.ts'

export interface SimulationOptions {
  readonly seed: number
  readonly brokers: number
  readonly replicationFactor: number
  /** Left out: the seed chooses among all. */
  readonly faults?: readonly Fault[] | undefined
  /** What the topic is like; left out: all records are kept. */
  readonly topicKind?: TopicKind | undefined
  readonly write?: ((line: string) => void) | undefined
  /** Clients beside the usual ones. */
  readonly extras?: readonly ExtraWorkload[] | undefined
  /** For mutants: faults come fast and for long, snapshots of the metadata all the time, and it is looked at closely. */
  readonly isHarsh?: boolean | undefined
  /** For mutants: nobody looks into the brokers, and only what clients saw is judged, to its end. */
  readonly isBlind?: boolean | undefined
  /** For mutants: settings of the brokers, above those that the seed chooses. */
  readonly properties?: Readonly<Record<string, string>> | undefined
  /** For mutants. */
  readonly wrapStore?: WrapStore | undefined
}

export interface SimulationResult {
  readonly seed: number
  /** Empty if all is well. */
  readonly verdicts: readonly string[]
  readonly traceHash: string
  readonly virtualMs: number
  readonly acknowledged: number
  readonly faults: ReadonlyMap<string, number>
}

const START_LIMIT_MS = 60_000
const SAFETY_MS_MIN = 10_000
const SAFETY_MS_MAX = 30_000
/** Between two faults, on the average. */
const PAUSE_MS_MIN = 500
const AT_ONCE_MAX = 3
const SNAPSHOT_RECORDS_MIN = 30
/** Some faults outlast the phase: hours of an outage. */
const SAFETY_LIMIT_MS = 6 * 3_600_000
const LIVENESS_LIMIT_MS = 180_000
/** Mutants that stand still need not do so for long. */
const SHORT_LIVENESS_LIMIT_MS = 60_000
const LOOK_MS = 100
const SHARP_LOOK_MS = 10
const VERDICTS_MAX = 20
const RARE_CHANCE = 0.02

export async function simulate(options: SimulationOptions): Promise<SimulationResult> {
  const run = new Run(options)
  await run.play()
  const { world, history, saboteur } = run
  return {
    seed: options.seed,
    verdicts: [...new Set(world.failures)].slice(0, VERDICTS_MAX),
    traceHash: world.trace.hash,
    virtualMs: world.nowMs,
    acknowledged: history.history.filter((event) => event.type === 'ok' && event.offset !== undefined).length,
    faults: saboteur.injected,
  }
}

class Run {
  readonly world: World
  readonly history: HistoryRecorder
  readonly saboteur: Saboteur
  readonly #replicationFactor: number
  readonly #topicKind: TopicKind
  readonly #extras: readonly ExtraWorkload[]
  readonly #isHarsh: boolean
  readonly #isBlind: boolean
  readonly #leaders = new LeaderWatch()
  readonly #committed: CommittedWatch
  #workloads: readonly Workload[] = []
  #lookMs = LOOK_MS

  constructor(options: SimulationOptions) {
    const { seed, brokers, replicationFactor, faults, write, wrapStore, topicKind = PLAIN } = options
    this.#isHarsh = options.isHarsh ?? false
    this.#isBlind = options.isBlind ?? false
    this.#topicKind = topicKind
    this.#replicationFactor = replicationFactor
    this.#extras = options.extras ?? []
    const properties = {
      ...propertiesOf(seed, replicationFactor),
      ...topicKind.properties,
      ...propertiesOfExtras(this.#extras),
      ...options.properties,
    }
    const snapshotRecordsMax = this.#isHarsh ? SNAPSHOT_RECORDS_MIN : undefined
    this.world = new World({ seed, brokers, write, wrapStore, properties, snapshotRecordsMax })
    this.#committed = new CommittedWatch(this.world)
    this.history = new HistoryRecorder(
      () => this.world.nowMs,
      (event) => {
        if (!this.#isBlind) for (const found of this.#committed.lookAt(event)) this.world.fail(found)
      },
    )
    const { dice } = this.world
    this.world.network.conditions.jitterMs = dice.pick([0, 1, 5])
    this.saboteur = new Saboteur(this.world, {
      faults: faults ?? chooseFaults(dice, replicationFactor),
      meanPauseMs: this.#isHarsh ? PAUSE_MS_MIN : dice.pick([PAUSE_MS_MIN, 1500, 4000]),
      atOnceMax: this.#isHarsh ? AT_ONCE_MAX : dice.between(1, AT_ONCE_MAX),
      replicas: replicationFactor,
    })
  }

  async play(): Promise<void> {
    const { world } = this
    const isWhole = await this.#run()
    if (isWhole || this.#isBlind) for (const found of verdictsOf(this.history.history)) world.fail(found)
    if (isWhole && !this.#isBlind) for (const found of differingReplicas(world)) world.fail(found)
  }

  /** Ends early as soon as anything is wrong. */
  async #run(): Promise<boolean> {
    const { world } = this
    for (const machine of world.machines) machine.start()
    if (!(await this.#reach('start', START_LIMIT_MS, () => world.machines.every((each) => each.isMember))))
      return false
    const starting = startWorkloads(world, this.history, {
      replicationFactor: this.#replicationFactor,
      topicKind: this.#topicKind,
      extras: this.#extras,
    }).then((started) => {
      this.#workloads = started
    })
    world.spawn('workloads', starting)
    if (!(await this.#reach('first topic', START_LIMIT_MS, () => this.#workloads.length > 0))) return false
    return (await this.#safety()) && (await this.#liveness())
  }

  async #safety(): Promise<boolean> {
    const { world, saboteur } = this
    const phaseMs = this.#isHarsh ? SAFETY_MS_MAX : world.dice.between(SAFETY_MS_MIN, SAFETY_MS_MAX)
    const endMs = world.nowMs + phaseMs
    world.trace.add('phase', 'safety')
    if (this.#isHarsh) this.#lookMs = SHARP_LOOK_MS
    let isOver = false
    const sabotage = saboteur.run(endMs, this.#workloads).then(() => {
      isOver = true
    })
    world.spawn('saboteur', sabotage)
    return await this.#reach('end of the safety phase', SAFETY_LIMIT_MS, () => isOver)
  }

  async #liveness(): Promise<boolean> {
    const { world, history } = this
    const workloads = this.#workloads
    const limitMs = this.#isHarsh ? SHORT_LIVENESS_LIMIT_MS : LIVENESS_LIMIT_MS
    world.trace.add('phase', 'liveness')
    this.#lookMs = LOOK_MS
    this.saboteur.healAll()
    history.notice('run', { name: 'heal' })
    for (const workload of workloads) workload.finish()
    const hasFinished = () => workloads.every((workload) => workload.hasFinished())
    if (!(await this.#reach('all writes', limitMs, hasFinished))) return false
    this.saboteur.repairAll()
    const isWhole = () =>
      world.observer
        .partitions()
        .every(({ isr, replicas, leader }) => leader >= 0 && isr.length === replicas.length)
    if (!(await this.#reach('all replicas in sync', limitMs, isWhole))) return false
    for (const workload of workloads) workload.readAll()
    for (const workload of workloads) {
      const hasReadAll = () => workload.hasReadAll()
      if (!(await this.#reach('all reads', limitMs, hasReadAll))) return false
    }
    return true
  }

  /** Lets time pass, looking at what must always hold. Whether it was reached before anything failed. */
  async #reach(what: string, limitMs: number, isReached: () => boolean): Promise<boolean> {
    const { world } = this
    const endMs = world.nowMs + limitMs
    while (!isReached() && world.failures.length === 0) {
      if (world.nowMs >= endMs)
        world.fail(`liveness: ${what} not reached within ${limitMs} ms; ${notWhole(world)}`)
      await world.clock.advance(this.#lookMs).catch((error) => world.fail(`uncaught: ${error.stack}`))
      await world.observer.look().catch((error) => world.fail(`unreadable metadata: ${error}`))
      this.saboteur.look()
      this.#committed.look()
      if (!this.#isBlind)
        for (const found of [...laggingReplicas(world), ...this.#leaders.look(world)]) world.fail(found)
    }
    return world.failures.length === 0
  }
}

function notWhole(world: World): string {
  const partitions = world.observer
    .partitions()
    .filter(({ isr, replicas, leader }) => leader < 0 || isr.length < replicas.length)
    .map(({ topic, partitionId, leader, isr }) => `${topic}-${partitionId} led by ${leader}, ISR [${isr}]`)
  const out = world.machines.filter(({ isMember }) => !isMember).map(({ name }) => name)
  return `out of the cluster: [${out}]; not in sync: ${partitions.join('; ') || 'none'}`
}

/** A few kinds of faults at a time find more than all of them always. */
function chooseFaults(dice: Dice, replicationFactor: number): Fault[] {
  const possible = allFaults.filter(
    ({ needsReplicas, isRare }) =>
      (needsReplicas !== true || replicationFactor >= 3) && (isRare !== true || dice.chance(RARE_CHANCE)),
  )
  return dice.shuffled(possible).slice(0, dice.between(0, 6))
}
