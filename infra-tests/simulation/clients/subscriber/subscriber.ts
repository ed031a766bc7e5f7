/**
 * A consumer in a group of the consumer protocol (KIP-848): it reads what it is given from where the group has
 * committed, commits, gives back what it has to, and now and then leaves and comes back.
 */
import { ErrorCode } from '@freshet/broker/wire'
import type { HistoryRecorder } from '../../checker/recorder.ts'
import type { ClientWorld } from '../client-world.ts'
import { ClusterClient } from '../cluster-client.ts'
import { GroupOffsets } from '../group-offsets.ts'
import { PartitionReader } from '../partition-reader.ts'
import { Membership, type MembershipOptions } from './membership.ts'

/** Of leaving the group, after each heartbeat. */
const LEAVE_CHANCE = 0.06
const MEAN_ABSENCE_MS = 2000
const REFRESH_CHANCE = 0.3

/** Nothing was committed, and nothing will be. */
const NOT_COMMITTED = new Set<number>([
  ErrorCode.STALE_MEMBER_EPOCH,
  ErrorCode.UNKNOWN_MEMBER_ID,
  ErrorCode.GROUP_ID_NOT_FOUND,
  ErrorCode.FENCED_INSTANCE_ID,
  ErrorCode.NOT_COORDINATOR,
  ErrorCode.COORDINATOR_LOAD_IN_PROGRESS,
])

/** `asked`: it is to be given back, after a last commit. */
type Reading = { readonly reader: PartitionReader; asked: boolean }

export class Subscriber {
  readonly client: ClusterClient
  readonly #offsets: GroupOffsets
  readonly #history: HistoryRecorder
  readonly #topic: string
  readonly #membership: Membership
  readonly #readings = new Map<number, Reading>()
  /** In which it was last said what it reads. */
  #claimedEpoch = 0
  #staysOn = false

  constructor(world: ClientWorld, name: string, history: HistoryRecorder, options: MembershipOptions) {
    this.client = new ClusterClient(world, name)
    this.#history = history
    this.#topic = options.topic
    this.#membership = new Membership(this.client, options)
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

  /** It leaves no more of its own accord. */
  finish(): void {
    this.#staysOn = true
  }

  async #run(): Promise<void> {
    const { client } = this
    const topic = this.#topic
    while (!client.isStopped) {
      if (!client.topics.has(topic) || client.dice.chance(REFRESH_CHANCE)) await client.refresh([topic])
      if (!client.topics.has(topic)) continue
      const heartbeat = await this.#membership.heartbeat([...this.#readings.keys()])
      if (client.isStopped) return
      if (heartbeat === 'out') this.#dropAll()
      else if (heartbeat === 'in') await this.#follow()
      if (!this.#staysOn && client.dice.chance(LEAVE_CHANCE)) await this.#leaveForAWhile()
      else await client.sleep(heartbeat === 'in' ? this.#membership.heartbeatMs : 200)
    }
  }

  /** What it is no more to read it reads up to where it stands and commits; what is new it begins with. */
  async #follow(): Promise<void> {
    const { assigned } = this.#membership
    for (const [partition, reading] of this.#readings) if (!assigned.includes(partition)) reading.asked = true
    const added = assigned.filter((partition) => !this.#readings.has(partition))
    const ask = () => this.#membership.committed(added)
    const positions =
      added.length === 0 ? new Map<number, number>() : await this.#offsets.positions(added, ask)
    if (positions === undefined || this.client.isStopped) return
    const { epoch: generation } = this.#membership
    if (positions.size === 0 && generation === this.#claimedEpoch) return
    this.#claimedEpoch = generation
    this.#offsets.noteAssigned(generation, positions)
    this.client.world.trace.add(this.client.name, 'is given', { generation, assigned, added })
    for (const [partition, offset] of positions) this.#begin(partition, Math.max(0, offset))
  }

  #begin(partition: number, position: number): void {
    const options = { topic: this.#topic, partition, position, rackId: '', usesSessions: false }
    const reading: Reading = {
      reader: new PartitionReader(this.client, this.#history, options),
      asked: false,
    }
    this.#readings.set(partition, reading)
    this.client.world.spawn(`${this.client.name}/${partition}`, this.#read(reading))
  }

  async #read(reading: Reading): Promise<void> {
    const { client } = this
    const { reader } = reading
    const isCommitted = () => this.committed.get(reader.partition) === reader.position
    while (!reader.isClosed && !reading.asked && !client.isStopped) {
      const count = await reader.poll()
      if (!reader.isClosed && !isCommitted()) await this.#commit(reader)
      if (count === 0) await client.pause(50)
    }
    if (reader.isClosed || client.isStopped) return
    if (!isCommitted()) await this.#commit(reader)
    if (!reader.isClosed && !client.isStopped) this.#drop(reader)
  }

  async #commit(reader: PartitionReader): Promise<void> {
    await this.#offsets.commit(reader, (partition, position) => this.#membership.commit(partition, position))
  }

  async #leaveForAWhile(): Promise<void> {
    const { client } = this
    for (const reading of this.#readings.values()) reading.asked = true
    while (this.#readings.size > 0 && !client.isStopped) await client.sleep(20)
    if (client.isStopped) return
    await this.#membership.leave()
    client.world.trace.add(client.name, 'has left')
    await client.sleep(client.dice.around(MEAN_ABSENCE_MS))
  }

  /** It is fenced: others may read all of this already. */
  #dropAll(): void {
    this.client.world.trace.add(this.client.name, 'is out')
    for (const { reader } of [...this.#readings.values()]) this.#drop(reader)
  }

  #drop(reader: PartitionReader): void {
    reader.isClosed = true
    this.#readings.delete(reader.partition)
    this.#history.notice(this.client.name, { name: 'revoked', partitions: [reader.name] })
  }
}
