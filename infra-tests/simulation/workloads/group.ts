/** Members of a group, which read and commit: in the end the group has committed everything. */
import type { ClusterClient } from '../clients/cluster-client.ts'
import { GroupMember } from '../clients/group-member.ts'
import type { Dice } from '../dice.ts'
import { endsOf, type Workload, type WorkloadParts } from './workload.ts'

const GROUP = 'readers'

/** One that commits. */
export interface CommittingMember {
  readonly client: ClusterClient
  /** What it has committed last, by partition. */
  readonly committed: ReadonlyMap<number, number>
  crash(): void
  /** The faults are over. */
  finish(): void
}

export class GroupWorkload implements Workload {
  readonly #parts: WorkloadParts
  readonly #start: (name: string) => CommittingMember
  readonly #members: CommittingMember[]
  /** By members that have died since: what they have committed counts too. */
  readonly #committed = new Map<number, number>()

  constructor(parts: WorkloadParts, names: readonly string[], start: (name: string) => CommittingMember) {
    this.#parts = parts
    this.#start = start
    this.#members = names.map(start)
  }

  get members(): readonly string[] {
    return this.#members.map(({ client }) => client.name)
  }

  finish(): void {
    for (const member of this.#members) member.finish()
  }

  hasFinished(): boolean {
    return true
  }

  readAll(): void {}

  hasReadAll(): boolean {
    const { world, topic } = this.#parts
    const committed = [this.#committed, ...this.#members.map((member) => member.committed)]
    return [...endsOf(world, topic)].every(([partition, end]) =>
      committed.some((offsets) => (offsets.get(partition) ?? 0) >= end),
    )
  }

  crashClient(dice: Dice): string {
    const at = this.#members.indexOf(dice.pick(this.#members))
    const dead = this.#members[at]!
    dead.crash()
    for (const [partition, offset] of dead.committed)
      this.#committed.set(partition, Math.max(offset, this.#committed.get(partition) ?? 0))
    this.#members[at] = this.#start(dead.client.name)
    return dead.client.name
  }
}

/** Of the classic protocol; some groups have static members (KIP-345). */
export function startClassicGroup(parts: WorkloadParts): GroupWorkload {
  const { world, history, topic } = parts
  const isStatic = world.dice.chance(0.3)
  return new GroupWorkload(parts, ['member-1', 'member-2'], (name) => {
    const groupInstanceId = isStatic ? name : null
    return new GroupMember(world, name, history, { group: GROUP, topic, groupInstanceId })
  })
}
