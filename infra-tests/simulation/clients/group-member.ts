/** A consumer in a group: reads the partitions that it is given from where the group has committed, and commits. */
import { ErrorCode } from '@freshet/broker/wire'
import type { HistoryRecorder } from '../checker/recorder.ts'
import type { ClientWorld } from './client-world.ts'
import { ClusterClient } from './cluster-client.ts'
import { GroupOffsets } from './group-offsets.ts'
import { type Generation, GroupProtocol } from './group-protocol.ts'
import { PartitionReader } from './partition-reader.ts'

const HEARTBEAT_MS = 1000
/** Of looking for new partitions, after each heartbeat. */
const REFRESH_CHANCE = 0.3

export interface GroupMemberOptions {
  readonly group: string
  readonly topic: string
  /** Of a static member. */
  readonly groupInstanceId: string | null
}

/** Nothing was committed, and nothing will be. */
const NOT_COMMITTED = new Set<number>([
  ErrorCode.ILLEGAL_GENERATION,
  ErrorCode.UNKNOWN_MEMBER_ID,
  ErrorCode.FENCED_INSTANCE_ID,
  ErrorCode.REBALANCE_IN_PROGRESS,
  ErrorCode.COORDINATOR_LOAD_IN_PROGRESS,
])

export class GroupMember {
  readonly client: ClusterClient
  readonly options: GroupMemberOptions
  readonly #history: HistoryRecorder
  readonly #protocol: GroupProtocol
  readonly #offsets: GroupOffsets

  constructor(world: ClientWorld, name: string, history: HistoryRecorder, options: GroupMemberOptions) {
    this.client = new ClusterClient(world, name)
    this.options = options
    this.#history = history
    this.#protocol = new GroupProtocol(this.client, options)
    this.#offsets = new GroupOffsets(this.client, history, { ...options, refusals: NOT_COMMITTED })
    world.spawn(name, this.#run())
  }

  /** What this member has committed last, by partition. */
  get committed(): ReadonlyMap<number, number> {
    return this.#offsets.committed
  }

  crash(): void {
    this.client.crash()
    this.#history.notice(this.client.name, { name: 'crash' })
  }

  /** It goes on as before: nothing that it does by itself is a fault. */
  finish(): void {}

  get #partitionCount(): number {
    return this.client.topics.get(this.options.topic)?.partitions.size ?? 0
  }

  async #run(): Promise<void> {
    const { client } = this
    while (!client.isStopped) {
      await client.refresh([this.options.topic])
      if (this.#partitionCount === 0) continue
      const generation = await this.#protocol.join()
      if (generation === undefined || client.isStopped) continue
      client.world.trace.add(client.name, 'has joined', { ...generation })
      await this.#live(generation)
    }
  }

  /** From the assignment to the next rebalance. */
  async #live(generation: Generation): Promise<void> {
    const readers = await this.#readersOf(generation)
    let goesOn = readers !== undefined
    const isOver = () => !goesOn || this.client.isStopped
    const beat = async () => {
      while (!isOver()) {
        goesOn = (await this.#protocol.heartbeat(generation)) && goesOn
        await this.client.sleep(HEARTBEAT_MS)
        if (this.client.dice.chance(REFRESH_CHANCE)) await this.client.refresh([this.options.topic])
        // Whoever sees new partitions joins again, so that they are dealt out too.
        if (this.#partitionCount !== generation.dealtOut) goesOn = false
      }
    }
    const read = async (reader: PartitionReader) => {
      while (!isOver()) {
        const count = await reader.poll()
        const isCommitted = this.committed.get(reader.partition) === reader.position
        if (!isCommitted && !isOver()) goesOn = (await this.#commit(generation, reader)) && goesOn
        if (count === 0) await this.client.pause(50)
      }
    }
    await Promise.all([beat(), ...(readers ?? []).map(read)])
    const partitions = (readers ?? []).map(({ name }) => name)
    this.#history.notice(this.client.name, { name: 'revoked', partitions })
  }

  /** One reader for each partition, where the group stands; undefined if that cannot be found out in this generation. */
  async #readersOf(generation: Generation): Promise<PartitionReader[] | undefined> {
    const { client } = this
    const { topic } = this.options
    const { partitions, generationId } = generation
    if (partitions.length === 0) return []
    const ask = () => this.#protocol.committed(partitions)
    const committed = await this.#offsets.positions(partitions, ask)
    if (committed === undefined) return undefined
    this.#offsets.noteAssigned(generationId, committed)
    return partitions.map((partition) => {
      const position = Math.max(0, committed.get(partition) ?? -1)
      return new PartitionReader(client, this.#history, {
        topic,
        partition,
        position,
        rackId: '',
        usesSessions: false,
      })
    })
  }

  /** Whether the generation goes on. */
  async #commit(generation: Generation, reader: PartitionReader): Promise<boolean> {
    const send = (partition: number, position: number) =>
      this.#protocol.commit(generation, partition, position)
    const errorCode = await this.#offsets.commit(reader, send, generation.generationId)
    return errorCode === undefined || errorCode === ErrorCode.NONE
  }
}
