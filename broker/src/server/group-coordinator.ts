import {
  coordinatorPartition,
  type GroupConfig,
  GroupShard,
  type Outcome,
  type Reply,
} from '../coordinators/groups/index.ts'
import type { Partition } from '../replication/partition.ts'
import type { Runtime, Timer } from '../runtime/types.ts'
import type { Logger } from '../telemetry/logger.ts'
import { ErrorCode, encodeBatch, KafkaError } from '../wire/index.ts'
import { replayStep } from './group-replay.ts'

/** Stands for one client's waiting request. */
interface Token {
  readonly resolve: (response: unknown) => void
  readonly reject: (error: KafkaError) => void
}

/** Something that may be told to clients only when all records before it are written. */
interface Held {
  readonly release: () => void
  readonly fail: (code: number) => void
}

interface Hosted {
  readonly partition: Partition
  readonly leaderEpoch: number
  readonly shard: GroupShard
  loaded: boolean
  timer: Timer | undefined
  /** One list for each append in flight, in order; what rests on the log as it stands goes to the last. */
  readonly unwritten: Held[][]
}

/**
 * Runs the groups whose `__consumer_offsets` partition this broker leads: gives the pure shards their requests and
 * the time, writes their records, and lets answers go once the records they rest on are written.
 */
export class GroupCoordinator {
  readonly #runtime: Runtime
  readonly #config: GroupConfig
  readonly #commitTimeoutMs: number
  readonly #logger: Logger
  readonly #partitionCount: () => number
  readonly #hosted = new Map<number, Hosted>()

  /** `partitionCount` of the offsets topic; 0 while it does not exist. `commitTimeoutMs`: `offsets.commit.timeout.ms`. */
  constructor(
    runtime: Runtime,
    config: GroupConfig,
    commitTimeoutMs: number,
    logger: Logger,
    partitionCount: () => number,
  ) {
    this.#runtime = runtime
    this.#commitTimeoutMs = commitTimeoutMs
    this.#config = config
    this.#logger = logger
    this.#partitionCount = partitionCount
  }

  /** Called when the role of this broker for a partition of the offsets topic may have changed. */
  partitionChanged(partition: Partition): void {
    const hosted = this.#hosted.get(partition.index)
    if (hosted !== undefined && (!partition.leads || hosted.leaderEpoch !== partition.leaderEpoch))
      this.#unload(hosted)
    if (partition.leads && !this.#hosted.has(partition.index)) this.#load(partition)
  }

  partitionRemoved(index: number): void {
    const hosted = this.#hosted.get(index)
    if (hosted !== undefined) this.#unload(hosted)
  }

  /**
   * Gives a request to the group's shard and resolves with its answer, maybe much later. Rejects with KafkaError
   * NOT_COORDINATOR, COORDINATOR_LOAD_IN_PROGRESS or COORDINATOR_NOT_AVAILABLE.
   */
  run<Response>(
    groupId: string,
    request: (shard: GroupShard, token: unknown, nowMs: number) => Outcome,
  ): Promise<Response> {
    return new Promise((resolve, reject) => {
      const hosted = this.#find(groupId)
      const token: Token = { resolve: resolve as (response: unknown) => void, reject }
      this.#carryOut(hosted, request(hosted.shard, token, this.#runtime.clock.now()))
    })
  }

  /** Reads from the group's shard; the result is told when everything it rests on is written. Rejects as `run` does. */
  read<Result>(groupId: string, reader: (shard: GroupShard) => Result): Promise<Result> {
    return new Promise((resolve, reject) => {
      const hosted = this.#find(groupId)
      const result = reader(hosted.shard)
      hold(hosted, {
        release: () => resolve(result),
        fail: (code) => reject(new KafkaError(code)),
      })
    })
  }

  /** Every shard that is loaded, and whether some are still loading. */
  shards(): { readonly loaded: readonly GroupShard[]; readonly isLoading: boolean } {
    const hosted = [...this.#hosted.values()]
    const loaded = hosted.filter((each) => each.loaded).map((each) => each.shard)
    return { loaded, isLoading: loaded.length < hosted.length }
  }

  topicsDeleted(topics: readonly string[]): void {
    for (const hosted of [...this.#hosted.values()]) {
      if (hosted.loaded) this.#carryOut(hosted, hosted.shard.topicsDeleted(topics, this.#runtime.clock.now()))
    }
  }

  close(): void {
    for (const hosted of [...this.#hosted.values()]) this.#unload(hosted)
  }

  #find(groupId: string): Hosted {
    const count = this.#partitionCount()
    if (count === 0) throw new KafkaError(ErrorCode.COORDINATOR_NOT_AVAILABLE)
    const hosted = this.#hosted.get(coordinatorPartition(groupId, count))
    if (hosted === undefined) throw new KafkaError(ErrorCode.NOT_COORDINATOR)
    if (!hosted.loaded) throw new KafkaError(ErrorCode.COORDINATOR_LOAD_IN_PROGRESS)
    return hosted
  }

  #load(partition: Partition, delayMs = 0): void {
    const shard = new GroupShard(this.#config)
    const { leaderEpoch } = partition
    const hosted: Hosted = { partition, leaderEpoch, shard, loaded: false, timer: undefined, unwritten: [] }
    this.#hosted.set(partition.index, hosted)
    const step = (from: number) => {
      if (this.#hosted.get(partition.index) !== hosted) return
      try {
        const next = replayStep(partition.log, shard, from)
        if (next < partition.log.logEndOffset) this.#runtime.timers.endOfTurn(() => step(next))
        else this.#awaitCommitted(hosted)
      } catch (error) {
        this.#logger.error('a partition of the offsets topic cannot be loaded', {
          partition: partition.name,
          error,
        })
        this.#unload(hosted)
      }
    }
    if (delayMs === 0) step(partition.log.logStartOffset)
    else hosted.timer = this.#runtime.timers.after(delayMs, () => step(partition.log.logStartOffset))
  }

  /** What earlier coordinators wrote last is not told to anybody before it is sure to stay. */
  #awaitCommitted(hosted: Hosted): void {
    const { partition, leaderEpoch } = hosted
    partition.whenCommitted(partition.log.logEndOffset, leaderEpoch, (error) => {
      if (this.#hosted.get(partition.index) !== hosted) return
      if (error === undefined || error.code === ErrorCode.NOT_ENOUGH_REPLICAS_AFTER_APPEND)
        this.#finishLoading(hosted)
      else this.#unload(hosted)
    })
  }

  #finishLoading(hosted: Hosted): void {
    hosted.loaded = true
    this.#carryOut(hosted, hosted.shard.finishLoading(this.#runtime.clock.now()))
  }

  #unload(hosted: Hosted): void {
    this.#hosted.delete(hosted.partition.index)
    hosted.timer?.cancel()
    for (const held of hosted.unwritten.flat()) held.fail(ErrorCode.NOT_COORDINATOR)
    hosted.unwritten.length = 0
    deliver(hosted.shard.abandon())
  }

  /** Writes an outcome's records and sends its replies after that. A failed write drops the shard: it is loaded anew. */
  #carryOut(hosted: Hosted, outcome: Outcome): void {
    const replies = outcome.replies.map(toHeld)
    if (outcome.records.length === 0) {
      for (const reply of replies) hold(hosted, reply)
    } else {
      hosted.unwritten.push(replies)
      this.#append(hosted, outcome)
    }
    this.#schedule(hosted)
  }

  /** As with acks=all: what the answers rest on is committed before they leave. */
  #append(hosted: Hosted, outcome: Outcome): void {
    const { partition, leaderEpoch } = hosted
    const nowMs = this.#runtime.clock.now()
    const records = outcome.records.map(({ key, value }) => ({ timestamp: nowMs, key, value, headers: [] }))
    const held = hosted.unwritten.at(-1) ?? []
    try {
      partition.checkInSync()
      const batch = encodeBatch({ records })
      const { lastOffset } = partition.stage(batch, { origin: 'coordinator', nowMs })
      partition.commit(batch.length, (error) => {
        if (error !== undefined) this.#writeFailed(hosted, error)
        else this.#awaitReplicas(hosted, lastOffset + 1, leaderEpoch, held)
      })
    } catch (error) {
      this.#writeFailed(hosted, error)
    }
  }

  #awaitReplicas(hosted: Hosted, endOffset: number, leaderEpoch: number, held: readonly Held[]): void {
    let timer: Timer | undefined
    const stop = hosted.partition.whenCommitted(endOffset, leaderEpoch, (error) => {
      timer?.cancel()
      if (error !== undefined) this.#writeFailed(hosted, error)
      else if (hosted.unwritten[0] === held) for (const each of hosted.unwritten.shift() ?? []) each.release()
    })
    if (stop === undefined) return
    // The records stay where they are and may yet be committed; only the clients need not wait any longer.
    timer = this.#runtime.timers.after(this.#commitTimeoutMs, () => {
      for (const each of held) each.fail(ErrorCode.COORDINATOR_NOT_AVAILABLE)
    })
  }

  #writeFailed(hosted: Hosted, error: unknown): void {
    if (this.#hosted.get(hosted.partition.index) !== hosted) return
    const { partition } = hosted
    const isReplication = error instanceof KafkaError && REPLICATION_ERRORS.has(error.code)
    const level = isReplication ? 'warn' : 'error'
    this.#logger[level]('group records were not written', { partition: partition.name, error })
    this.#unload(hosted)
    if (partition.leads && partition.log.failure === undefined) this.#load(partition, RELOAD_DELAY_MS)
  }

  #schedule(hosted: Hosted): void {
    hosted.timer?.cancel()
    if (this.#hosted.get(hosted.partition.index) !== hosted) return
    const deadlineMs = hosted.shard.nextDeadlineMs()
    if (deadlineMs === Number.POSITIVE_INFINITY) return
    const delayMs = Math.min(Math.max(1, deadlineMs - this.#runtime.clock.now()), TIMER_MS_MAX)
    hosted.timer = this.#runtime.timers.after(delayMs, () => {
      if (this.#hosted.get(hosted.partition.index) !== hosted) return
      this.#carryOut(hosted, hosted.shard.tick(this.#runtime.clock.now()))
    })
  }
}

/** Brokers come and go; anything else should not happen. */
const REPLICATION_ERRORS: ReadonlySet<number> = new Set([
  ErrorCode.NOT_ENOUGH_REPLICAS,
  ErrorCode.NOT_ENOUGH_REPLICAS_AFTER_APPEND,
  ErrorCode.NOT_LEADER_OR_FOLLOWER,
])
/** Too few replicas, or a change of the leader: neither is over at once. */
const RELOAD_DELAY_MS = 100
/** The longest delay that a timer takes. */
const TIMER_MS_MAX = 0x7fffffff

function toHeld(reply: Reply): Held {
  const token = reply.token as Token
  return {
    release: () => token.resolve(reply.response),
    fail: (code) => token.reject(new KafkaError(code)),
  }
}

function hold(hosted: Hosted, held: Held): void {
  const last = hosted.unwritten.at(-1)
  if (last === undefined) held.release()
  else last.push(held)
}

function deliver(replies: readonly Reply[]): void {
  for (const reply of replies) toHeld(reply).release()
}
