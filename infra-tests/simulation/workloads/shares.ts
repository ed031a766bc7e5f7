/** A share group (KIP-932) over the topic of the others: in the end it has nothing left to do with any record. */
import { Admin } from '../clients/admin.ts'
import { ShareMember } from '../clients/share-member.ts'
import { shareStarts } from '../clients/share-membership.ts'
import type { Dice } from '../dice.ts'
import { endsOf, type Workload, type WorkloadParts } from './workload.ts'

const GROUP = 'workers'
const MEMBERS = 3

export class SharesWorkload implements Workload {
  readonly #parts: WorkloadParts
  readonly #admin: Admin
  readonly #members: ShareMember[]
  #starts: ReadonlyMap<number, number> = new Map()

  private constructor(parts: WorkloadParts, admin: Admin) {
    this.#parts = parts
    this.#admin = admin
    this.#members = Array.from({ length: MEMBERS }, (_, index) => this.#start(`worker-${index + 1}`))
  }

  static async start(parts: WorkloadParts): Promise<SharesWorkload> {
    const admin = new Admin(parts.world, 'share-admin')
    await admin.configureGroup(GROUP, { 'share.auto.offset.reset': 'earliest' })
    return new SharesWorkload(parts, admin)
  }

  finish(): void {}

  hasFinished(): boolean {
    return true
  }

  readAll(): void {
    for (const member of this.#members) member.isDiligent = true
    this.#parts.world.spawn('share-admin/starts', this.#watchStarts())
  }

  hasReadAll(): boolean {
    const { world, topic, history } = this.#parts
    const ends = [...endsOf(world, topic)]
    if (!ends.every(([partition, end]) => (this.#starts.get(partition) ?? -1) >= end)) return false
    this.#admin.client.isStopped = true
    for (const [partition, startOffset] of ends)
      history.notice('share-admin', {
        name: 'shared',
        group: GROUP,
        partition: `${topic}-${partition}`,
        startOffset,
      })
    return true
  }

  crashClient(dice: Dice): string {
    const at = this.#members.indexOf(dice.pick(this.#members))
    const dead = this.#members[at]!
    dead.crash()
    this.#members[at] = this.#start(dead.client.name)
    return dead.client.name
  }

  async #watchStarts(): Promise<void> {
    const { client } = this.#admin
    const { topic } = this.#parts
    while (!client.isStopped) {
      await client.refresh([topic])
      this.#starts = await shareStarts(client, { group: GROUP, topic })
    }
  }

  #start(name: string): ShareMember {
    const { world, history, topic } = this.#parts
    const epochOf = (brokerId: number, partition: number) => {
      const log = world.machine(brokerId)?.logs?.get(topic, partition)
      return log?.latestLeaderEpoch ?? -1
    }
    return new ShareMember(world, name, history, { group: GROUP, topic, epochOf })
  }
}
