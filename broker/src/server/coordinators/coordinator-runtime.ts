import { coordinatorPartition } from '../../coordinators/coordinator-partition.ts'
import type { CoordinatorShard, Outcome } from '../../coordinators/coordinator-shard.ts'
import type { Partition } from '../../replication/partition/partition.ts'
import { momentOf } from '../../runtime/moment.ts'
import type { Moment, Runtime } from '../../runtime/types.ts'
import type { Logger } from '../../telemetry/logger.ts'
import { ErrorCode, KafkaError } from '../../wire/index.ts'
import { HostedShard, type HostSurroundings, type Token } from './hosted-shard.ts'

export interface CoordinatorParts<Shard, Effect> {
  readonly runtime: Runtime
  readonly logger: Logger
  /** The internal topic. */
  readonly topic: string
  /** Of that topic; 0 while it does not exist. */
  readonly partitionCount: () => number
  /** How long a client waits for its records to be committed. */
  readonly commitTimeoutMs: number
  readonly newShard: (partition: Partition) => Shard
  /** Called once an outcome is committed, for each of its effects. */
  readonly onEffect?: (effect: Effect, partition: number) => void
}

/** Gives a shard one request; what comes of it is carried out. */
export type ShardRequest<Shard> = (shard: Shard, token: unknown, now: Moment) => Outcome

/** Throws KafkaError if the request may not be given to the shard of this partition. */
export type PartitionCheck = (partition: Partition) => void

/**
 * Runs what is kept in the partitions of an internal topic that this broker leads: gives the pure shards their
 * requests and the time, writes their records, and lets answers go once the records they rest on are committed.
 */
export class CoordinatorRuntime<Shard extends CoordinatorShard<Effect>, Effect = unknown> {
  readonly topic: string
  readonly #parts: CoordinatorParts<Shard, Effect>
  readonly #surroundings: HostSurroundings<Effect>
  readonly #hosted = new Map<number, HostedShard<Shard, Effect>>()

  constructor(parts: CoordinatorParts<Shard, Effect>) {
    const { runtime, logger, commitTimeoutMs, onEffect = () => undefined } = parts
    this.topic = parts.topic
    this.#parts = parts
    this.#surroundings = {
      runtime,
      logger,
      commitTimeoutMs,
      onEffect,
      onEnd: (partition, reload) => this.#ended(partition, reload),
    }
  }

  /** Called when the role of this broker for a partition of the topic may have changed. */
  partitionChanged(partition: Partition): void {
    const hosted = this.#hosted.get(partition.index)
    if (hosted !== undefined && (!partition.leads || hosted.leaderEpoch !== partition.leaderEpoch))
      this.partitionRemoved(partition.index)
    if (partition.leads && !this.#hosted.has(partition.index)) this.#load(partition, 0)
  }

  partitionRemoved(index: number): void {
    const hosted = this.#hosted.get(index)
    this.#hosted.delete(index)
    hosted?.end()
  }

  /** The partition that keeps what has this key. Throws KafkaError COORDINATOR_NOT_AVAILABLE. */
  partitionFor(key: string): number {
    const count = this.#parts.partitionCount()
    if (count === 0) throw new KafkaError(ErrorCode.COORDINATOR_NOT_AVAILABLE)
    return coordinatorPartition(key, count)
  }

  /**
   * Gives a request to the shard of a key and resolves with its answer, maybe much later. Rejects with KafkaError
   * NOT_COORDINATOR, COORDINATOR_LOAD_IN_PROGRESS or COORDINATOR_NOT_AVAILABLE.
   */
  run<Response>(key: string, request: ShardRequest<Shard>, check?: PartitionCheck): Promise<Response> {
    return this.runAt(() => this.partitionFor(key), request, check)
  }

  /** As `run`, where the partition is known. */
  runAt<Response>(
    index: number | (() => number),
    request: ShardRequest<Shard>,
    check?: PartitionCheck,
  ): Promise<Response> {
    return new Promise((resolve, reject) => {
      const hosted = this.#loaded(typeof index === 'number' ? index : index())
      check?.(hosted.partition)
      const token: Token = { resolve: resolve as (response: unknown) => void, reject }
      const outcome = request(hosted.shard, token, momentOf(this.#parts.runtime.clock))
      hosted.carryOut(outcome as Outcome<unknown, Effect>)
    })
  }

  /** The leader epoch in which a shard of this broker answers; undefined if it does not. */
  epochOf(index: number): number | undefined {
    const hosted = this.#hosted.get(index)
    return hosted?.isLoaded ? hosted.leaderEpoch : undefined
  }

  /** Reads from the shard of a key; the result is told when everything it rests on is committed. Rejects as `run`. */
  read<Result>(key: string, reader: (shard: Shard) => Result): Promise<Result> {
    return new Promise((resolve, reject) => {
      const hosted = this.#loaded(this.partitionFor(key))
      const result = reader(hosted.shard)
      hosted.hold({ release: () => resolve(result), fail: (code) => reject(new KafkaError(code)) })
    })
  }

  /** Every shard that is loaded, and whether some are still loading. */
  shards(): { readonly loaded: readonly Shard[]; readonly isLoading: boolean } {
    const hosted = [...this.#hosted.values()]
    const loaded = hosted.filter((each) => each.isLoaded).map((each) => each.shard)
    return { loaded, isLoading: loaded.length < hosted.length }
  }

  /** Tells every loaded shard something that nobody waits for. */
  tellAll(message: (shard: Shard, now: Moment) => Outcome<unknown, Effect>): void {
    for (const hosted of [...this.#hosted.values()]) {
      if (hosted.isLoaded) hosted.carryOut(message(hosted.shard, momentOf(this.#parts.runtime.clock)))
    }
  }

  close(): void {
    for (const index of [...this.#hosted.keys()]) this.partitionRemoved(index)
  }

  #loaded(index: number): HostedShard<Shard, Effect> {
    const hosted = this.#hosted.get(index)
    if (hosted === undefined) throw new KafkaError(ErrorCode.NOT_COORDINATOR)
    if (!hosted.isLoaded) throw new KafkaError(ErrorCode.COORDINATOR_LOAD_IN_PROGRESS)
    return hosted
  }

  #load(partition: Partition, delayMs: number): void {
    const hosted = new HostedShard<Shard, Effect>(
      partition,
      this.#parts.newShard(partition),
      this.#surroundings,
    )
    this.#hosted.set(partition.index, hosted)
    hosted.load(delayMs)
  }

  /** A shard whose write failed is ahead of its log: a new one is loaded. */
  #ended(partition: Partition, reload: boolean): void {
    this.#hosted.delete(partition.index)
    if (reload) this.#load(partition, RELOAD_DELAY_MS)
  }
}

/** Too few replicas, or a change of the leader: neither is over at once. */
const RELOAD_DELAY_MS = 100
