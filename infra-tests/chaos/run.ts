/**
 * One run: three real brokers under load, faults one after the other, then everything healed and read to its end; the
 * verdict is the simulator's checker's over what all clients saw.
 */
import { writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  check,
  formatHistory,
  HistoryRecorder,
  isViolation,
  summarize,
  type Verdict,
} from '../simulation/checker/index.ts'
import { Random } from '../support/random.ts'
import { RawClient } from '../support/raw-client.ts'
import { sleep, waitFor } from '../support/wait.ts'
import { Load, PARTITIONS, readFinally, TOPIC } from './clients/load.ts'
import { RealWorld } from './clients/real-world.ts'
import { ChaosCluster, type ChaosClusterOptions } from './cluster/chaos-cluster.ts'
import type { Fault } from './faults/index.ts'

const LIVENESS_MS = 60_000
const WARM_UP_MS = 500
const PROGRESS_LIMIT_MS = 60_000

/** Somebody else's clients, which write into the same history. */
export interface Guest {
  /** Topics of its own, by their number of partitions. */
  readonly topics?: ReadonlyMap<string, number>
  start(run: ChaosRun): Promise<void>
  /** After the faults: it writes no more. */
  finish(): Promise<void>
  /** Reads what is there at the end. */
  readAll?(run: ChaosRun): Promise<void>
}

export interface ChaosRunOptions extends ChaosClusterOptions {
  readonly seed: number
  readonly guests?: readonly Guest[]
  readonly print?: (line: string) => void
  /** A run that is to go wrong leaves no evidence behind. */
  readonly isToFail?: boolean
}

export interface ChaosResult {
  readonly violations: readonly Verdict[]
  /** What clients did that they never should, and what did not progress. */
  readonly failures: readonly string[]
  readonly summary: string
  readonly history: HistoryRecorder['history']
}

export class ChaosRun {
  readonly cluster: ChaosCluster
  readonly world: RealWorld
  readonly history: HistoryRecorder
  readonly #random: Random
  readonly #options: ChaosRunOptions
  readonly #topics: ReadonlyMap<string, number>

  private constructor(cluster: ChaosCluster, options: ChaosRunOptions) {
    this.cluster = cluster
    this.#options = options
    this.#random = new Random(options.seed)
    this.world = new RealWorld(options.seed, cluster.bootstrap, { add: () => {} })
    this.history = new HistoryRecorder(() => this.world.nowMs)
    const ofGuests = (options.guests ?? []).flatMap(({ topics }) => [...(topics ?? [])])
    this.#topics = new Map([[TOPIC, PARTITIONS], ...ofGuests])
  }

  /** A cluster of its own, `disturb`, and the verdict. */
  static async play(
    options: ChaosRunOptions,
    disturb: (run: ChaosRun) => Promise<void>,
  ): Promise<ChaosResult> {
    const cluster = await ChaosCluster.start(options)
    const run = new ChaosRun(cluster, options)
    try {
      return await run.#play(disturb)
    } finally {
      run.world.end()
      await cluster.stop()
    }
  }

  /** Strikes once, then sees that records are acknowledged again. */
  async strike(fault: Fault): Promise<void> {
    const { cluster } = this
    await fault.strike({
      cluster,
      topic: TOPIC,
      random: this.#random,
      acknowledged: () => this.acknowledged,
      tell: (what) => this.#tell(what),
    })
    const before = this.acknowledged
    await waitFor(`acknowledgements after ${fault.name}`, PROGRESS_LIMIT_MS, async () =>
      this.world.failures.length > 0 ? true : this.acknowledged > before + 20,
    )
    // What comes next meets a cluster that has its replicas together: two faults at once may be more than is promised.
    await cluster.awaitWhole(TOPIC)
  }

  /** Strikes so often, as the seed chooses. */
  async strikeSome(faults: readonly Fault[], count: number): Promise<void> {
    for (let struck = 0; struck < count; struck++) {
      await sleep(this.#random.below(400))
      await this.strike(this.#random.pick(faults))
    }
  }

  get acknowledged(): number {
    return this.history.history.filter((event) => event.type === 'ok' && event.offset !== undefined).length
  }

  async #play(disturb: (run: ChaosRun) => Promise<void>): Promise<ChaosResult> {
    const { guests = [] } = this.#options
    const failures: string[] = []
    try {
      await this.#createTopics()
      const load = new Load(this.world, this.history)
      for (const guest of guests) await guest.start(this)
      await sleep(WARM_UP_MS)
      await disturb(this)
      this.history.notice('run', { name: 'heal' })
      await load.finishWriting()
      for (const guest of guests) await guest.finish()
      for (const topic of this.#topics.keys()) {
        await this.cluster.awaitWhole(topic)
        const ends = await this.#ends(topic)
        if (topic === TOPIC) await load.readToEnd(ends)
        await readFinally(this.world, this.history, topic, ends)
      }
      for (const guest of guests) await guest.readAll?.(this)
    } catch (error) {
      failures.push(error instanceof Error ? `${error.message}; ${error.cause ?? ''}` : String(error))
    }
    const verdicts = check(this.history.history, { livenessMs: LIVENESS_MS })
    const violations = verdicts.filter(isViolation)
    failures.push(...this.world.failures)
    if (violations.length + failures.length > 0 && !this.#options.isToFail) this.#keepEvidence()
    return {
      violations,
      failures,
      summary: summarize(this.history.history, verdicts),
      history: this.history.history,
    }
  }

  async #createTopics(): Promise<void> {
    const client = await RawClient.connect(this.cluster.bootstrap[0]!)
    try {
      for (const [topic, partitions] of this.#topics) {
        const errorCode = await client.createTopic({ topic, partitions, replicationFactor: 3 })
        if (errorCode !== 0) throw new Error(`cannot create ${topic}: error ${errorCode}`)
      }
    } finally {
      client.close()
    }
    for (const topic of this.#topics.keys()) await this.cluster.awaitWhole(topic)
  }

  /** The high watermark of each partition, by its leader. */
  async #ends(topic: string): Promise<ReadonlyMap<number, number>> {
    const ends = new Map<number, number>()
    for (const { partition, leader } of await this.cluster.partitions(topic)) {
      const end = await waitFor(`the end of ${topic}-${partition}`, PROGRESS_LIMIT_MS, async () => {
        const answer = await this.cluster
          .machine(leader)
          .ask((client) => client.fetch({ topic, partition, offset: 0, maxBytes: 1, maxWaitMs: 0 }))
        return answer.errorCode === 0 ? [answer.highWatermark] : undefined
      })
      ends.set(partition, end[0] ?? 0)
    }
    return ends
  }

  /** The history and the brokers' logs, for whoever has to find out what went wrong. */
  #keepEvidence(): void {
    const folder = join(tmpdir(), `freshet-chaos-of-seed-${this.#options.seed}`)
    this.cluster.saveLogs(folder)
    writeFileSync(join(folder, 'history.jsonl'), formatHistory(this.history.history))
    this.#tell(`history and logs are kept in ${folder}`)
  }

  #tell(what: string): void {
    this.#options.print?.(`${(this.world.nowMs / 1000).toFixed(1).padStart(7)} s  ${what}`)
  }
}
