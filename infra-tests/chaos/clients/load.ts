/** Our own clients of a run: the simulator's, on real sockets. The history is what the checker judges. */
import type { HistoryRecorder } from '../../simulation/checker/index.ts'
import { Consumer } from '../../simulation/clients/consumer.ts'
import { GroupMember } from '../../simulation/clients/group-member.ts'
import { Producer } from '../../simulation/clients/producer.ts'
import { waitFor } from '../../support/wait.ts'
import type { RealWorld } from './real-world.ts'

export const TOPIC = 'orders'
export const PARTITIONS = 3
const GROUP = 'readers'
const READ_LIMIT_MS = 60_000

export class Load {
  readonly producers: readonly Producer[]
  readonly #consumer: Consumer
  readonly #members: readonly GroupMember[]
  readonly #history: HistoryRecorder

  constructor(world: RealWorld, history: HistoryRecorder) {
    this.#history = history
    const common = {
      topic: TOPIC,
      acks: -1,
      batchRecordsMax: 5,
      deliveryTimeoutMs: Number.POSITIVE_INFINITY,
    } as const
    this.producers = [
      new Producer(world, 'idempotent-1', history, {
        ...common,
        idempotent: true,
        inFlightMax: 5,
        meanIntervalMs: 10,
      }),
      new Producer(world, 'idempotent-2', history, {
        ...common,
        idempotent: true,
        inFlightMax: 1,
        meanIntervalMs: 20,
      }),
      new Producer(world, 'plain', history, {
        ...common,
        idempotent: false,
        inFlightMax: 1,
        meanIntervalMs: 20,
      }),
    ]
    this.#consumer = new Consumer(world, 'consumer', history, TOPIC, { rackId: '', usesSessions: true })
    this.#members = [1, 2].map(
      (number) =>
        new GroupMember(world, `member-${number}`, history, {
          group: GROUP,
          topic: TOPIC,
          groupInstanceId: null,
        }),
    )
  }

  get acknowledged(): number {
    return this.#history.history.filter((event) => event.type === 'ok' && event.offset !== undefined).length
  }

  /** After the faults: every producer writes to every partition once more. */
  async finishWriting(): Promise<void> {
    for (const producer of this.producers) producer.finish()
    await waitFor('all writes', READ_LIMIT_MS, async () =>
      this.producers.every((producer) => producer.hasWrittenToAll()),
    )
  }

  /** Everybody reads to the end. */
  async readToEnd(ends: ReadonlyMap<number, number>): Promise<void> {
    this.#consumer.recordsEnds = true
    await waitFor('all reads', READ_LIMIT_MS, async () => hasRead(this.#consumer, ends))
    await waitFor('all reads of the group', READ_LIMIT_MS, async () =>
      [...ends].every(([partition, end]) =>
        this.#members.some(({ committed }) => (committed.get(partition) ?? 0) >= end),
      ),
    )
  }
}

/** A new reader reads all of a topic up to these ends: the final reading, against which everything is held. */
export async function readFinally(
  world: RealWorld,
  history: HistoryRecorder,
  topic: string,
  ends: ReadonlyMap<number, number>,
): Promise<void> {
  const name = `last-reader-of-${topic}`
  const reader = new Consumer(world, name, history, topic, { rackId: '', usesSessions: false })
  reader.recordsEnds = true
  await waitFor(`the final reading of ${topic}`, READ_LIMIT_MS, async () => hasRead(reader, ends))
  for (const [partition, endOffset] of ends)
    history.notice(name, { name: 'drained', partition: `${topic}-${partition}`, endOffset })
}

function hasRead(consumer: Consumer, ends: ReadonlyMap<number, number>): boolean {
  return [...ends].every(([partition, end]) => (consumer.readers.get(partition)?.position ?? -1) >= end)
}
