/** Producers: what they sent, what was acknowledged, and what was known when they sent it. */
import { type Acknowledgement, HistoryError, type SendCall } from '../history.ts'
import type { Building } from './build.ts'
import { getOrAdd } from './get-or-add.ts'
import type { Entry, Floor, Operation, Partition, Send } from './types.ts'

export class Senders {
  readonly #building: Building
  readonly #sends = new Map<number, Send>()
  readonly #producers = new Map<string, Producer>()

  constructor(building: Building) {
    this.#building = building
  }

  invoke(operation: Operation, call: SendCall): void {
    const { model } = this.#building
    const partition = this.#building.partition(call.partition)
    const producer = this.#producer(operation.client)
    const transaction = call.transaction === undefined ? undefined : model.transactions.get(call.transaction)
    const send: Send = {
      operation,
      client: operation.client,
      life: producer.life,
      partition,
      value: call.value,
      key: call.key,
      tombstone: call.tombstone ?? false,
      idempotent: call.idempotent ?? transaction !== undefined,
      acksAll: call.acks === undefined,
      transaction,
      invokedAt: operation.invokedAt,
      ownFloor: producer.floors.get(partition),
      floor: partition.floor,
      offset: -1,
      place: -1,
    }
    this.#sends.set(operation.id, send)
    partition.sends.push(send)
    transaction?.sends.push(send)
    getOrAdd(model.values, call.value, () => ({ sends: [], places: [] })).sends.push(send)
  }

  acknowledge(operation: Operation, { offset }: Acknowledgement, at: number): void {
    const send = this.#sends.get(operation.id)
    if (!send || offset === undefined) return
    if (offset < 0) throw new HistoryError(`event ${at} acknowledges a send at offset ${offset}`)
    send.offset = offset
    if (!send.acksAll) return
    observe(this.#building, send.partition, offset, send.value, at)
    const floor: Floor = { offset, at, send }
    raiseFloor(send.partition, floor)
    const producer = this.#producer(send.client)
    const own = producer.floors.get(send.partition)
    if (send.life === producer.life && (!own || own.offset < offset))
      producer.floors.set(send.partition, floor)
  }

  crash(client: string): void {
    const { life } = this.#producer(client)
    this.#producers.set(client, { life: life + 1, floors: new Map() })
  }

  #producer(client: string): Producer {
    return getOrAdd(this.#producers, client, () => ({ life: 0, floors: new Map() }))
  }
}

interface Producer {
  readonly life: number
  readonly floors: Map<Partition, Floor>
}

/** Notes that somebody found this value at this offset. */
export function observe(
  building: Building,
  partition: Partition,
  offset: number,
  value: string,
  at: number,
): Entry {
  const known = partition.entries.get(offset)
  if (known) {
    if (known.value === value) return known
    known.conflicts ??= []
    if (known.conflicts.every((conflict) => conflict.value !== value)) known.conflicts.push({ value, at })
    return known
  }
  const entry: Entry = {
    partition,
    offset,
    value,
    firstAt: at,
    write: undefined,
    readAt: Number.POSITIVE_INFINITY,
    committedReadAt: Number.POSITIVE_INFINITY,
    conflicts: undefined,
  }
  partition.entries.set(offset, entry)
  getOrAdd(building.model.values, value, () => ({ sends: [], places: [] })).places.push(entry)
  return entry
}

export function raiseFloor(partition: Partition, floor: Floor): void {
  if (!partition.floor || partition.floor.offset < floor.offset) partition.floor = floor
}
