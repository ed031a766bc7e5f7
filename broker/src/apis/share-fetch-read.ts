/** Acquires records for one ShareFetch: partition by partition in the session's order, within the request's limits. */
import {
  type AcquiredRecords,
  type FetchedBatch,
  partitionKey,
  type SharedPartition,
} from '../coordinators/share/index.ts'
import type { Partition } from '../replication/partition/partition.ts'
import type { RequestContext } from '../server/context.ts'
import type { SharePartitionHost } from '../server/share/share-partition-host.ts'
import type { ReadLimits } from '../storage/index.ts'
import {
  attributes,
  BatchAttribute,
  baseOffset,
  ErrorCode,
  KafkaError,
  lastOffset,
  producerId,
  sizeInBytes,
} from '../wire/index.ts'
import { nodeEndpoints } from './cluster-facts.ts'
import type { ShareFetchWait } from './share-fetch-wait.ts'
import { byTopic, FINE, type PartitionOutcome, type ShareRequest } from './share-request.ts'

export interface ShareFetchLimits {
  readonly maxBytes: number
  readonly maxRecords: number
  readonly shareAcquireMode: number
}

interface Result {
  readonly key: SharedPartition
  readonly outcome: PartitionOutcome
  readonly records: Buffer
  readonly acquired: readonly AcquiredRecords[]
}

const RECORD_LIMIT_MODE = 1
const NO_RECORDS = Buffer.alloc(0)

export class ShareFetchRead {
  /** The last pass read something that nobody can use: what follows may be of use. */
  hasMore = false
  readonly #context: RequestContext
  readonly #share: ShareRequest
  readonly #limits: ShareFetchLimits
  readonly #wait: ShareFetchWait
  readonly #results: Result[] = []
  readonly #buffers: Buffer[] = []
  #bytesLeft: number
  #recordsLeft: number

  /** @param wait is told of the partitions where records that are missing now will show up */
  constructor(context: RequestContext, share: ShareRequest, limits: ShareFetchLimits, wait: ShareFetchWait) {
    this.#context = context
    this.#share = share
    this.#limits = limits
    this.#wait = wait
    const { 'fetch.max.bytes': bytesMax } = context.broker.config.settings
    this.#bytesLeft = Math.min(limits.maxBytes, bytesMax)
    this.#recordsLeft = limits.maxRecords
  }

  /** Whether there are records to deliver, or an error to tell. */
  get hasNews(): boolean {
    return this.#results.length > 0
  }

  /** To be called again as long as there is no news. */
  async run(): Promise<void> {
    const { session } = this.#share
    this.hasMore = false
    this.#releaseBuffers()
    for (const [name, key] of [...session.partitions]) {
      try {
        const partition = this.#share.partition(key)
        // An error is told even if there is no room for records.
        if (this.#bytesLeft <= 0 || this.#recordsLeft <= 0) continue
        const host = this.#share.host(partition)
        await this.#readBroughtIn(key, partition, host instanceof Promise ? await host : host)
      } catch (error) {
        if (!(error instanceof KafkaError)) throw error
        const outcome = { errorCode: error.code, errorMessage: error.message }
        this.#results.push({ key, outcome, records: NO_RECORDS, acquired: [] })
      }
      // Whoever was served goes behind the others.
      if (session.partitions.delete(name)) session.partitions.set(name, key)
    }
  }

  /** The response; its buffers go back to the pool once it is sent. */
  answer() {
    this.#context.afterSend(() => this.#releaseBuffers())
    const outcomes = new Map(this.#share.outcomes)
    const partitions = this.#results.map((result) => {
      const name = partitionKey(result.key)
      const acknowledged = outcomes.get(name)
      outcomes.delete(name)
      return this.#told(result, acknowledged)
    })
    for (const { topicId, partition, ...acknowledged } of outcomes.values()) {
      const nothing = { key: { topicId, partition }, outcome: FINE, records: NO_RECORDS, acquired: [] }
      partitions.push(this.#told(nothing, acknowledged))
    }
    const leaders = partitions.map(([, { currentLeader }]) => currentLeader.leaderId)
    return {
      throttleTimeMs: 0,
      ...FINE,
      acquisitionLockTimeoutMs: this.#share.lockDurationMs,
      responses: byTopic(partitions),
      nodeEndpoints: nodeEndpoints(this.#context, leaders),
    }
  }

  #told({ key, outcome, records, acquired }: Result, acknowledged: PartitionOutcome = FINE) {
    const errorCode = outcome.errorCode === ErrorCode.NONE ? acknowledged.errorCode : outcome.errorCode
    const partition = {
      partitionIndex: key.partition,
      ...outcome,
      acknowledgeErrorCode: acknowledged.errorCode,
      acknowledgeErrorMessage: acknowledged.errorMessage,
      currentLeader: this.#share.hint(key, errorCode),
      records,
      acquiredRecords: [...acquired],
    }
    return [key.topicId, partition] as const
  }

  async #readBroughtIn(key: SharedPartition, partition: Partition, host: SharePartitionHost): Promise<void> {
    let broughtIn: Promise<void> | undefined
    const bufferCount = this.#buffers.length
    this.#read(key, partition, host, (promise) => {
      broughtIn = promise
    })
    if (broughtIn === undefined) return
    this.#releaseBuffers(bufferCount)
    await broughtIn
    this.#read(key, this.#share.partition(key), host)
  }

  /** Reading and acquiring are one step: nobody else acquires in between. */
  #read(
    key: SharedPartition,
    partition: Partition,
    host: SharePartitionHost,
    whenCold?: ReadLimits['whenCold'],
  ): void {
    const { share } = this.#context.broker
    // Whoever is gone meanwhile must not lock anything.
    if (!share.sessions.isCurrent(this.#share.session))
      throw new KafkaError(ErrorCode.SHARE_SESSION_NOT_FOUND)
    this.#wait.watch(host)
    const fetchOffset = host.nextFetchOffset
    if (fetchOffset === undefined) return
    const readCommitted = this.#isolationLevel() === 'read_committed'
    const upTo = readCommitted ? partition.lastStableOffset : partition.highWatermark
    if (fetchOffset >= upTo) return
    const buffer = partition.log.read(
      fetchOffset,
      { maxBytes: this.#bytesLeft, upTo, minOneBatch: this.#results.length === 0, whenCold },
      (sizeBytes) => this.#allocate(sizeBytes),
    )
    const aborted = readCommitted ? partition.log.abortedTransactions(fetchOffset, upTo) : []
    const batches = batchesOf(buffer, (producer, base) =>
      aborted.some(
        (each) => each.producerId === producer && each.firstOffset <= base && base <= each.lastOffset,
      ),
    )
    if (batches.length === 0) return
    const isStrict = this.#limits.shareAcquireMode === RECORD_LIMIT_MODE
    const { memberId } = this.#share.session
    const acquired = host.acquire({ memberId, fetchOffset, batches, maxRecords: this.#recordsLeft, isStrict })
    if (acquired.length === 0) {
      this.hasMore = true
      return
    }
    const records = around(buffer, batches, acquired)
    this.#bytesLeft -= records.length
    for (const each of acquired) this.#recordsLeft -= each.lastOffset - each.firstOffset + 1
    this.#results.push({ key, outcome: FINE, records, acquired })
    this.#context.broker.telemetry.topics.fetched(partition.topic, records.length)
  }

  #isolationLevel(): string {
    return this.#context.broker.share.setting(this.#share.session.groupId, 'share.isolation.level')
  }

  #allocate(sizeBytes: number): Buffer {
    const buffer = this.#context.broker.pool.acquire(sizeBytes)
    this.#buffers.push(buffer)
    return buffer
  }

  #releaseBuffers(from = 0): void {
    for (const buffer of this.#buffers.splice(from)) this.#context.broker.pool.release(buffer)
  }
}

interface ReadBatch extends FetchedBatch {
  readonly at: number
  readonly sizeBytes: number
}

function batchesOf(buffer: Buffer, isAborted: (producerId: number, base: number) => boolean): ReadBatch[] {
  const batches: ReadBatch[] = []
  for (let at = 0; at < buffer.length; at += sizeInBytes(buffer, at)) {
    const kind = attributes(buffer, at)
    const firstOffset = baseOffset(buffer, at)
    const isTransactional = (kind & BatchAttribute.TRANSACTIONAL) !== 0
    const isDropped = isTransactional && isAborted(producerId(buffer, at), firstOffset)
    const isDelivered = (kind & BatchAttribute.CONTROL) === 0 && !isDropped
    const sizeBytes = sizeInBytes(buffer, at)
    batches.push({ firstOffset, lastOffset: lastOffset(buffer, at), isDelivered, at, sizeBytes })
  }
  return batches
}

/** The whole batches that hold what was acquired. */
function around(buffer: Buffer, batches: readonly ReadBatch[], acquired: readonly AcquiredRecords[]): Buffer {
  const first = acquired[0]?.firstOffset ?? 0
  const last = acquired.at(-1)?.lastOffset ?? 0
  const from = batches.find((batch) => batch.lastOffset >= first)
  const to = batches.findLast((batch) => batch.firstOffset <= last)
  if (from === undefined || to === undefined) throw new Error('what was acquired was not read')
  return buffer.subarray(from.at, to.at + to.sizeBytes)
}
