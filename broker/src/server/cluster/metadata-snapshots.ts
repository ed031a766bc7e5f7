/**
 * Snapshots of the metadata in the coordination store's documents, so that the log can be shortened. The parts are
 * stored first, then the head, which makes them the newest snapshot, and only then is the log shortened: whichever step
 * is the last one done, head, parts and log belong together.
 */
import { CoordinationError, type CoordinationStore, type Lease } from '@freshet/coordination'
import {
  type ClusterImage,
  decodePart,
  type ImageChange,
  InvariantError,
  METADATA_LOG,
  type MetadataRecord,
  RecordError,
  SNAPSHOT_DOCUMENT,
  type SnapshotPolicy,
  SnapshotSchedule,
  snapshotParts,
} from '../../cluster/index.ts'
import type { Timers } from '../../runtime/types.ts'
import type { Logger } from '../../telemetry/logger.ts'

const HEAD_FORMAT = 1
const PART_PREFIX = `${SNAPSHOT_DOCUMENT}/`
/** Keys in the order of their numbers. */
const OFFSET_DIGITS = 16
const PART_DIGITS = 6
const PARTS_PER_LISTING = 8
/** How often a snapshot may be replaced by newer ones while it is read. */
const LOAD_ATTEMPTS_MAX = 5

/** What is in the store cannot be made an image of, or not from where this broker is. */
export class MetadataUnusableError extends Error {
  constructor(message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause })
    this.name = 'MetadataUnusableError'
  }
}

export interface MetadataSnapshotsParts {
  readonly store: CoordinationStore
  readonly policy: SnapshotPolicy
  readonly timers: Timers
  readonly logger: Logger
}

interface Snapshot {
  readonly offset: number
  readonly parts: readonly unknown[]
}

interface Head {
  /** The last log entry that the snapshot contains; -1 if there is none yet. */
  readonly offset: number
  readonly partCount: number
  readonly version: number
}

export class MetadataSnapshots {
  readonly #parts: MetadataSnapshotsParts
  readonly #schedule: SnapshotSchedule
  #isBusy = false

  constructor(parts: MetadataSnapshotsParts) {
    this.#parts = parts
    this.#schedule = new SnapshotSchedule(parts.policy)
  }

  /** The log has grown, whoever appended. */
  appended(records: number, bytes: number): void {
    this.#schedule.appended(records, bytes)
  }

  /** After an append under `lease`. `inTurn` runs a task during which the image does not change. */
  storeIfDue(
    image: ClusterImage,
    lease: Lease,
    inTurn: (task: () => Promise<Snapshot>) => Promise<Snapshot>,
  ): void {
    if (this.#isBusy || !this.#schedule.isDue()) return
    this.#isBusy = true
    this.#schedule.begun()
    inTurn(() => this.#take(image))
      .then((snapshot) => this.#store(snapshot, lease))
      .catch((error) => this.#logFailure(error))
      .finally(() => {
        this.#isBusy = false
      })
  }

  /** Makes of an empty image the newest snapshot. Rejects with MetadataUnusableError if that cannot be read. */
  async load(image: ClusterImage): Promise<ImageChange> {
    for (let attempt = 1; attempt <= LOAD_ATTEMPTS_MAX; attempt++) {
      const head = await this.#readHead()
      if (head.version === 0)
        throw new MetadataUnusableError(
          `The metadata log does not start at 0, but there is no document ${SNAPSHOT_DOCUMENT}`,
        )
      const records = await this.#readParts(head)
      if (records === undefined) continue
      const { nextIndex } = await this.#parts.store.logs.bounds(METADATA_LOG)
      if (head.offset >= nextIndex)
        throw unreadable(SNAPSHOT_DOCUMENT, `it ends at ${head.offset}, after the log, at ${nextIndex}`)
      return naming(SNAPSHOT_DOCUMENT, () => image.loadSnapshot(records, head.offset))
    }
    throw new MetadataUnusableError(
      `${SNAPSHOT_DOCUMENT} changed ${LOAD_ATTEMPTS_MAX} times while it was read`,
    )
  }

  async #take(image: ClusterImage): Promise<Snapshot> {
    const parts: unknown[] = []
    for (const part of snapshotParts(image)) {
      parts.push(part)
      await new Promise<void>((resolve) => this.#parts.timers.endOfTurn(resolve))
    }
    return { offset: image.offset, parts }
  }

  /**
   * Documents are not fenced, so another controller may be at it too. The first part must be new: whoever stores it has
   * the offset for itself. The head must be the one that was there before: what is newer is never replaced.
   */
  async #store({ offset, parts }: Snapshot, lease: Lease): Promise<void> {
    const { store, logger } = this.#parts
    const previous = await this.#readHead()
    if (previous.offset >= offset) return
    for (const [index, part] of parts.entries()) await store.documents.put(partKey(offset, index), part, 0)
    const head = { format: HEAD_FORMAT, offset, partCount: parts.length }
    await store.documents.put(SNAPSHOT_DOCUMENT, head, previous.version)
    logger.info('a snapshot of the metadata was stored', { offset, partCount: parts.length })
    await store.logs.truncateBefore(METADATA_LOG, this.#schedule.forgettableBelow(previous.offset), lease)
    await this.#deletePartsBelow(previous.offset)
  }

  /** No head, now or later, names them any more; parts of snapshots that were never finished go with them. */
  async #deletePartsBelow(offset: number): Promise<void> {
    const { documents } = this.#parts.store
    const end = partKey(Math.max(offset, 0), 0)
    for (;;) {
      const found = await documents.list(PART_PREFIX, { limit: PARTS_PER_LISTING })
      const old = found.filter(({ key }) => key < end)
      for (const { key } of old) await documents.delete(key)
      if (old.length < PARTS_PER_LISTING) return
    }
  }

  async #readHead(): Promise<Head> {
    const found = await this.#parts.store.documents.get<unknown>(SNAPSHOT_DOCUMENT)
    if (found === undefined) return { offset: -1, partCount: 0, version: 0 }
    const { value, version } = found
    const fields: { format?: unknown; offset?: unknown; partCount?: unknown } =
      typeof value === 'object' && value !== null ? value : {}
    if (fields.format !== HEAD_FORMAT)
      throw unreadable(SNAPSHOT_DOCUMENT, `unknown format ${String(fields.format)}`)
    const { offset, partCount } = fields
    if (!isCount(offset) || !isCount(partCount))
      throw unreadable(SNAPSHOT_DOCUMENT, 'offset and partCount must be whole numbers from 0 on')
    return { offset, partCount, version }
  }

  /** Undefined if a newer snapshot took the place of this one. */
  async #readParts({ offset, partCount, version }: Head): Promise<MetadataRecord[] | undefined> {
    const records: MetadataRecord[] = []
    for (let index = 0; index < partCount; index++) {
      const key = partKey(offset, index)
      const part = await this.#parts.store.documents.get<unknown>(key)
      if (part === undefined) {
        if ((await this.#readHead()).version !== version) return undefined
        throw unreadable(key, 'it is missing')
      }
      for (const record of naming(key, () => decodePart(part.value))) records.push(record)
    }
    return records
  }

  #logFailure(error: unknown): void {
    const message = 'no snapshot of the metadata was stored, or the log was not shortened'
    if (error instanceof CoordinationError) this.#parts.logger.warn(message, { error })
    else this.#parts.logger.error(message, { error })
  }
}

function partKey(offset: number, index: number): string {
  const padded = String(offset).padStart(OFFSET_DIGITS, '0')
  return `${PART_PREFIX}${padded}/${String(index).padStart(PART_DIGITS, '0')}`
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
}

/** A failure of `read` says which document it was about. */
function naming<Result>(key: string, read: () => Result): Result {
  try {
    return read()
  } catch (error) {
    if (error instanceof RecordError || error instanceof InvariantError)
      throw unreadable(key, error.message, error)
    throw error
  }
}

function unreadable(key: string, reason: string, cause?: unknown): MetadataUnusableError {
  return new MetadataUnusableError(
    `The document ${key} of the metadata snapshot cannot be read: ${reason}`,
    cause,
  )
}
