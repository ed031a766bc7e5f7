import { type Acknowledged, checkLedger, readTopic } from '../support/ledger.ts'
import { type Address, RawClient } from '../support/raw-client.ts'
import { sleep } from '../support/wait.ts'

/** One writer per partition that sends record after record with acks=all, and notes when each was acknowledged. */
export class AckedLoad {
  /** Those that the cluster was last seen to have, and behind them those that were given. */
  #brokers: readonly Address[]
  readonly #bootstrap: readonly Address[]
  readonly #topic: string
  readonly #acknowledged: Acknowledged[] = []
  readonly #attempted = new Set<string>()
  readonly #lastAckMs: number[]
  readonly #writing: Promise<void>[]
  #latenciesMs: number[] = []
  #longestPauseMs = 0
  #stopped = false

  constructor(brokers: readonly Address[], topic: string, partitions: number) {
    this.#brokers = brokers
    this.#bootstrap = brokers
    this.#topic = topic
    this.#lastAckMs = Array.from({ length: partitions }, () => performance.now())
    this.#writing = Array.from({ length: partitions }, (_, partition) => this.#write(partition))
  }

  get acked(): number {
    return this.#acknowledged.length
  }

  /** Of each acknowledgement since this was asked last. */
  takeLatenciesMs(): number[] {
    const taken = this.#latenciesMs
    this.#latenciesMs = []
    return taken
  }

  async stop(): Promise<void> {
    this.#stopped = true
    await Promise.all(this.#writing)
  }

  /** Ends the load and reads everything back. */
  async verify(): Promise<{ objections: string[]; longestPauseMs: number }> {
    await this.stop()
    // The brokers that there are by now.
    const client = await this.#connectToLeader(0)
    client.close()
    const stored = await readTopic(this.#brokers[0]!, this.#topic)
    const objections = checkLedger(this.#acknowledged, this.#attempted, stored)
    return { objections, longestPauseMs: this.#longestPauseMs }
  }

  async #write(partition: number): Promise<void> {
    let client: RawClient | undefined
    for (let count = 0; !this.#stopped; count++) {
      const value = `${partition}/${count}`
      try {
        client ??= await this.#connectToLeader(partition)
        this.#attempted.add(value)
        const target = { topic: this.#topic, partition, acks: -1 }
        const sentMs = performance.now()
        const { errorCode, baseOffset } = await client.produce(target, [{ value }])
        if (errorCode !== 0) throw new Error(`produce: error ${errorCode}`)
        this.#latenciesMs.push(performance.now() - sentMs)
        this.#note({ partition, offset: baseOffset, value })
        await sleep(PAUSE_MS)
      } catch {
        // Whether this record was stored is unknown: it is never sent again.
        client?.close()
        client = undefined
        await sleep(RETRY_MS)
      }
    }
    client?.close()
  }

  #note(acknowledged: Acknowledged): void {
    const { partition } = acknowledged
    const nowMs = performance.now()
    this.#longestPauseMs = Math.max(this.#longestPauseMs, nowMs - this.#lastAckMs[partition]!)
    this.#lastAckMs[partition] = nowMs
    this.#acknowledged.push(acknowledged)
  }

  async #connectToLeader(partition: number): Promise<RawClient> {
    for (const broker of this.#brokers) {
      const leader = await this.#leaderAt(broker, partition).catch(() => undefined)
      if (leader) return RawClient.connect(leader, 1_000)
    }
    throw new Error(`no broker knows a leader of partition ${partition}`)
  }

  async #leaderAt(broker: Address, partition: number): Promise<Address | undefined> {
    const client = await RawClient.connect(broker, 1_000)
    try {
      const metadata = await client.metadata([this.#topic])
      this.#brokers = [...metadata.brokers.values(), ...this.#bootstrap]
      const found = metadata.partitions.find((candidate) => candidate.partition === partition)
      return found && metadata.brokers.get(found.leader)
    } finally {
      client.close()
    }
  }
}

/** A load that leaves the machine to the brokers. */
const PAUSE_MS = 20
const RETRY_MS = 20
