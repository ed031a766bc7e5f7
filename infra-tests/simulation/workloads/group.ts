/** A consumer group of two members, which read and commit; some groups have static members (KIP-345). */
import { GroupMember } from '../clients/group-member.ts'
import type { Dice } from '../dice.ts'
import { endsOf, type Workload, type WorkloadParts } from './workload.ts'

const GROUP = 'readers'
const MEMBERS = 2

export class GroupWorkload implements Workload {
  readonly #parts: WorkloadParts
  readonly #isStatic: boolean
  readonly #members: GroupMember[]
  /** By members that have died since: what they have committed counts too. */
  readonly #committed = new Map<number, number>()

  constructor(parts: WorkloadParts) {
    this.#parts = parts
    this.#isStatic = parts.world.dice.chance(0.3)
    this.#members = Array.from({ length: MEMBERS }, (_, index) => this.#start(`member-${index + 1}`))
  }

  finish(): void {}

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

  #start(name: string): GroupMember {
    const { world, history, topic } = this.#parts
    const groupInstanceId = this.#isStatic ? name : null
    return new GroupMember(world, name, history, { group: GROUP, topic, groupInstanceId })
  }
}
