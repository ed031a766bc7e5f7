/** What a member of a group, of either protocol, does with the group's offsets, and what the history has of it. */
import { ErrorCode } from '@freshet/broker/wire'
import type { HistoryRecorder } from '../checker/recorder.ts'
import type { ClusterClient } from './cluster-client.ts'
import type { PartitionReader } from './partition-reader.ts'

export interface GroupOffsetsOptions {
  readonly group: string
  readonly topic: string
  /** Errors that say that nothing was committed, and nothing will be. */
  readonly refusals: ReadonlySet<number>
}

export class GroupOffsets {
  /** What this member has committed last, by partition. */
  readonly committed = new Map<number, number>()
  readonly #client: ClusterClient
  readonly #history: HistoryRecorder
  readonly #options: GroupOffsetsOptions

  constructor(client: ClusterClient, history: HistoryRecorder, options: GroupOffsetsOptions) {
    this.#client = client
    this.#history = history
    this.#options = options
  }

  /** Where the group stands, -1 where it has committed nothing; undefined if that cannot be found out now. */
  async positions(
    partitions: readonly number[],
    ask: () => Promise<ReadonlyMap<number, number> | undefined>,
  ): Promise<Map<number, number> | undefined> {
    const { group, topic } = this.#options
    const names = partitions.map((partition) => `${topic}-${partition}`)
    const call = { name: 'fetchOffsets', group, partitions: names } as const
    const op = this.#history.invoke(this.#client.name, call)
    const committed = await ask()
    if (committed === undefined) {
      this.#history.info(op, 'no answer')
      return undefined
    }
    const positions = new Map(partitions.map((each) => [each, committed.get(each) ?? -1]))
    this.#history.ok(op, { offsets: this.#byName(positions) })
    return positions
  }

  /** It reads these partitions from now on. */
  noteAssigned(generation: number, positions: ReadonlyMap<number, number>): void {
    const { group } = this.#options
    const partitions = this.#byName(positions)
    this.#history.notice(this.#client.name, { name: 'assigned', group, generation, partitions })
  }

  /** Commits where a reader stands; the error code, or undefined without an answer. */
  async commit(
    { name, partition, position }: PartitionReader,
    send: (partition: number, position: number) => Promise<number | undefined>,
    generation?: number,
  ): Promise<number | undefined> {
    const { group, refusals } = this.#options
    const { name: clientName, world } = this.#client
    const op = this.#history.invoke(clientName, {
      name: 'commitOffsets',
      group,
      offsets: { [name]: position },
      ...(generation !== undefined && { generation }),
    })
    const errorCode = await send(partition, position)
    if (errorCode === ErrorCode.NONE) {
      this.#history.ok(op)
      this.committed.set(partition, position)
      world.trace.add(clientName, 'has committed', { partition, offset: position })
    } else if (errorCode !== undefined && refusals.has(errorCode)) this.#history.fail(op, `${errorCode}`)
    else this.#history.info(op, `${errorCode ?? 'no answer'}`)
    return errorCode
  }

  #byName(offsets: ReadonlyMap<number, number>): Record<string, number> {
    const { topic } = this.#options
    return Object.fromEntries([...offsets].map(([partition, offset]) => [`${topic}-${partition}`, offset]))
  }
}
