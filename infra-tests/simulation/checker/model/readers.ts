/** Consumers: sessions of uninterrupted reading, and the watermarks that brokers told. */
import { type Acknowledgement, HistoryError, type PollCall, type PolledRecord } from '../history.ts'
import type { Building } from './build.ts'
import { getOrAdd } from './get-or-add.ts'
import { observe, raiseFloor } from './senders.ts'
import type { Floor, Operation, Partition, Run, Session, Transaction } from './types.ts'

export class Readers {
  readonly #building: Building
  readonly #positions = new Map<string, Map<string, Position>>()
  readonly #asked = new Map<number, { partition: Partition; floor: Floor | undefined }>()

  constructor(building: Building) {
    this.#building = building
  }

  poll(operation: Operation, call: PollCall, { records }: Acknowledgement, at: number): void {
    if (!records) throw new HistoryError(`event ${at} completes a poll without records`)
    const transaction =
      call.transaction === undefined ? undefined : this.#building.model.transactions.get(call.transaction)
    for (const [name, polled] of Object.entries(records)) {
      if (polled.length > 0)
        this.#read(operation.client, name, polled, { readCommitted: call.readCommitted, transaction, at })
    }
  }

  /** The next poll begins here; a negative offset stands for an unknown position. */
  seek(client: string, name: string, offset: number, at: number): void {
    this.#positionsOf(client).set(name, { next: offset, at, session: undefined })
  }

  forget(client: string, name: string): void {
    this.#positionsOf(client).delete(name)
  }

  crash(client: string): void {
    this.#positions.delete(client)
  }

  drained(client: string, name: string, endOffset: number, at: number): void {
    const position = this.#positionsOf(client).get(name)
    if (!position) throw new HistoryError(`event ${at}: ${client} drained ${name} without reading it`)
    position.session ??= this.#open(client, name, true, position, endOffset)
    position.session.end = Math.max(position.session.end, endOffset)
    position.session.drainedAt = at
  }

  invokeListOffsets(operation: Operation, name: string): void {
    const partition = this.#building.partition(name)
    this.#asked.set(operation.id, { partition, floor: partition.floor })
  }

  listOffsets(operation: Operation, { watermarks }: Acknowledgement, at: number): void {
    if (!watermarks) throw new HistoryError(`event ${at} completes listOffsets without watermarks`)
    const asked = this.#asked.get(operation.id)
    if (asked) asked.partition.watermarks.push({ ...watermarks, operation, floor: asked.floor })
  }

  #read(client: string, name: string, records: readonly PolledRecord[], poll: Poll): void {
    const { readCommitted, transaction, at } = poll
    const partition = this.#building.partition(name)
    const position = getOrAdd(this.#positionsOf(client), name, () => ({ next: -1, at, session: undefined }))
    const first = records[0]?.[0] ?? 0
    let session = position.session
    if (!session || session.readCommitted !== readCommitted) {
      session = this.#open(client, name, readCommitted, position, first)
      position.session = session
    }
    const from = position.next < 0 ? first : position.next
    const run: Run = { session, at, records, from, fromAt: position.at, transaction }
    this.#observe(partition, run)
    session.runs.push(run)
    transaction?.runs.push(run)
    const last = records.at(-1)?.[0] ?? first
    position.next = last + 1
    position.at = at
    session.end = Math.max(session.end, position.next)
    raiseFloor(partition, { offset: last, at, send: undefined })
  }

  #observe(partition: Partition, run: Run): void {
    const { session, at, records, from, fromAt, transaction } = run
    const sameTransaction = transaction !== undefined && session.runs.at(-1)?.transaction === transaction
    let expected = from
    let expectedAt = fromAt
    for (const [offset, value] of records) {
      if (offset !== expected) {
        const internal = expectedAt === at || sameTransaction
        partition.steps.push({ session, expected, expectedAt, offset, at, internal })
      }
      expected = offset + 1
      expectedAt = at
      const entry = observe(this.#building, partition, offset, value, at)
      if (entry.value !== value) continue
      if (at < entry.readAt) entry.readAt = at
      if (session.readCommitted && at < entry.committedReadAt) entry.committedReadAt = at
    }
  }

  #open(client: string, name: string, readCommitted: boolean, position: Position, first: number): Session {
    const partition = this.#building.partition(name)
    const start = position.next < 0 ? first : position.next
    const session: Session = {
      client,
      partition,
      readCommitted,
      openedAt: position.at,
      start,
      end: start,
      runs: [],
      drainedAt: -1,
    }
    partition.sessions.push(session)
    return session
  }

  #positionsOf(client: string): Map<string, Position> {
    return getOrAdd(this.#positions, client, () => new Map())
  }
}

interface Position {
  /** The offset wanted next; negative if unknown. */
  next: number
  /** The event it comes from. */
  at: number
  session: Session | undefined
}

interface Poll {
  readonly readCommitted: boolean
  readonly transaction: Transaction | undefined
  readonly at: number
}
