/** What the tests of storage share: a seeded world of memory, and logs and batches in it. */
import { memoryCodecs } from '../../runtime/codecs/memory-codecs.ts'
import { MemoryDisk } from '../../runtime/memory-disk.ts'
import { seededRandom } from '../../runtime/seeded-random.ts'
import type { Clock, Disk, Moment, Random } from '../../runtime/types.ts'
import { type BatchDraft, decodeRecords, ErrorCode, encodeBatch, KafkaError } from '../../wire/index.ts'
import { lastOffsetOf, sizeOf } from '../batches/batch.ts'
import type { StorageError } from '../errors.ts'
import { defaultLogConfig, type LogConfig } from '../log/log-config.ts'
import { type LogContext, type LogStart, NEW_LOG, type Shutdown } from '../log/log-context.ts'
import type { LogIdentity } from '../log/log-state.ts'
import { PartitionLog } from '../log/partition-log.ts'
import { DeletionQueue } from '../log-dir/deletion-queue.ts'
import { FilePool } from '../segment/file-pool.ts'
import { runToEnd } from '../slices.ts'

export const TOPIC_ID = 'Zq3rVtGQSBCXqgaa7Yn2Fg'
export const START_MS = 1_700_000_000_000
export const FOLDER = '/data/orders-0'

export class TestClock implements Clock {
  nowMs = START_MS
  now = () => this.nowMs
  monotonic = () => this.nowMs
}

/** When both clocks show this. */
export function at(nowMs: number): Moment {
  return { monotonicMs: nowMs, wallMs: nowMs }
}

/** One log in one folder of a memory disk, opened and crashed at will. */
export class TestLog {
  readonly disk = new MemoryDisk()
  readonly clock = new TestClock()
  readonly random: Random
  /** How often a start found that records are gone which the disk had promised. */
  damages = 0
  readonly offline: { log: LogIdentity; error: StorageError }[] = []
  context: LogContext
  config: LogConfig
  log: PartitionLog

  constructor(config: Partial<LogConfig> = {}, seed = 1) {
    this.config = { ...defaultLogConfig, ...config }
    this.random = seededRandom(seed)
    this.disk.makeFolder(FOLDER)
    this.context = this.#newContext()
    this.log = this.#open(NEW_LOG)
  }

  /** As a new process would, with the checkpoints that the old one left. */
  reopen(shutdown: Shutdown, checkpoints: Partial<LogStart> = {}): PartitionLog {
    this.context = this.#newContext()
    this.log = this.#open({ ...NEW_LOG, shutdown, ...checkpoints })
    return this.log
  }

  append(draft: Partial<BatchDraft> & { value?: string } = {}, leaderEpoch = 0): number {
    const staged = this.stage(batch({ ...draft, nowMs: this.clock.nowMs }), leaderEpoch)
    this.log.commit()
    this.log.highWatermark = this.log.logEndOffset
    return staged.baseOffset
  }

  stage(bytes: Buffer, leaderEpoch = 0) {
    return this.log.stage(bytes, { leaderEpoch, nowMs: this.clock.nowMs, origin: 'client' })
  }

  values(from = this.log.logStartOffset): string[] {
    return readAll(this.log, from).map((record) => String(record.value))
  }

  #open(start: LogStart): PartitionLog {
    const identity = { topic: 'orders', partition: 0, topicId: TOPIC_ID, folder: FOLDER }
    return runToEnd(PartitionLog.open(this.context, identity, this.config, start))
  }

  #newContext(): LogContext {
    const context = newContext(this.disk, this.clock, this.random, (log, error) =>
      this.offline.push({ log, error }),
    )
    return { ...context, onDamage: () => this.damages++ }
  }
}

export function newContext(
  disk: Disk,
  clock: Clock,
  random: Random,
  onOffline: LogContext['onOffline'],
): LogContext {
  return {
    disk,
    clock,
    random,
    codecs: memoryCodecs,
    pool: new FilePool(disk, 16),
    deletions: new DeletionQueue(disk),
    active: new Set(),
    changes: {
      recoveryPoints: false,
      logStartOffsets: false,
      highWatermarks: false,
      cleanerOffsets: false,
      isUrgent: false,
    },
    onDamage: () => {},
    onUnreliable: () => {},
    onOffline,
  }
}

/** A batch of one record unless told otherwise. */
export function batch(draft: Partial<BatchDraft> & { value?: string; nowMs?: number } = {}): Buffer {
  const { value = 'v', nowMs = START_MS, ...rest } = draft
  return encodeBatch({ records: [{ timestamp: nowMs, key: null, value: Buffer.from(value) }], ...rest })
}

/** `count` records v0, v1, ... */
export function records(count: number, timestamp = START_MS): BatchDraft['records'] {
  return Array.from({ length: count }, (_, index) => ({ timestamp, value: Buffer.from(`v${index}`) }))
}

export function readAll(log: PartitionLog, from: number, maxBytes = 4096) {
  const found: ReturnType<typeof decodeRecords> = []
  const limits = { maxBytes, upTo: Infinity, minOneBatch: true }
  for (let offset = from; offset < log.logEndOffset; ) {
    const bytes = log.read(offset, limits, (sizeBytes) => Buffer.alloc(sizeBytes))
    const decoded = decodeBatches(bytes)
    found.push(...decoded.filter((record) => record.offset >= offset))
    const last = decoded.at(-1)
    if (last === undefined) break
    offset = last.offset + 1
  }
  return found
}

/** The batches of a log as they lie in it. */
export function batchesOf(log: PartitionLog, from = log.logStartOffset): Buffer[] {
  const batches: Buffer[] = []
  const limits = { maxBytes: 4096, upTo: Infinity, minOneBatch: true }
  for (let offset = from; offset < log.logEndOffset; ) {
    const bytes = log.read(offset, limits, (sizeBytes) => Buffer.alloc(sizeBytes))
    if (bytes.length === 0) break
    for (let at = 0; at < bytes.length; at += sizeOf(bytes, at)) {
      batches.push(bytes.subarray(at, at + sizeOf(bytes, at)))
      offset = lastOffsetOf(bytes, at) + 1
    }
  }
  return batches
}

export function decodeBatches(bytes: Buffer): ReturnType<typeof decodeRecords> {
  const found: ReturnType<typeof decodeRecords> = []
  for (let at = 0; at < bytes.length; at += sizeOf(bytes, at)) found.push(...decodeRecords(bytes, at))
  return found
}

/** The Kafka error code with which a call fails. */
/** In one go. */
export function truncate(log: PartitionLog, offset: number): void {
  runToEnd(log.truncation(offset))
}

export function errorCodeOf(call: () => unknown): number {
  try {
    call()
  } catch (error) {
    if (error instanceof KafkaError) return error.code
    throw error
  }
  return ErrorCode.NONE
}
