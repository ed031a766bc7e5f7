import type { PartitionImage } from '../../cluster/index.ts'
import { ErrorCode } from '../../wire/index.ts'

/** Whether the metadata count on a replica; of the others, those that a reassignment adds are not missed yet. */
export type Standing = 'IN_SYNC' | 'BEHIND' | 'ADDED'

/** Who leads a partition, and in which epochs, as the metadata say. Epochs only rise. */
export class AssignedRole {
  leaderId = -1
  leaderEpoch = -1
  /** Of the last leader that may have lacked committed records; -1 if there was none. */
  uncleanLeaderEpoch = -1
  readonly #partition: string
  #partitionEpoch = -1
  #isr: readonly number[] = []
  #addingReplicas: readonly number[] = []

  constructor(partition: string) {
    this.#partition = partition
  }

  /** Whether the image has another leader or leader epoch. Throws if its epochs are older. */
  isChangedBy({ leader, leaderEpoch, partitionEpoch }: PartitionImage): boolean {
    if (leaderEpoch < this.leaderEpoch || partitionEpoch < this.#partitionEpoch) {
      throw new Error(
        `${this.#partition}: epochs went back from ${this.leaderEpoch}/${this.#partitionEpoch} to ${leaderEpoch}/${partitionEpoch}`,
      )
    }
    return leader !== this.leaderId || leaderEpoch !== this.leaderEpoch
  }

  follow(image: PartitionImage): void {
    const { leader, leaderEpoch, partitionEpoch, uncleanLeaderEpoch, isr, addingReplicas } = image
    this.leaderId = leader
    this.leaderEpoch = leaderEpoch
    this.#partitionEpoch = partitionEpoch
    this.uncleanLeaderEpoch = uncleanLeaderEpoch
    this.#isr = isr
    this.#addingReplicas = addingReplicas
  }

  standingOf(brokerId: number): Standing {
    if (this.#isr.includes(brokerId)) return 'IN_SYNC'
    return this.#addingReplicas.includes(brokerId) ? 'ADDED' : 'BEHIND'
  }

  /** Why a request that names this leader epoch (-1: none) is to be refused, if it is. KIP-320. */
  epochRefusal(requestLeaderEpoch: number): number | undefined {
    if (requestLeaderEpoch < 0 || requestLeaderEpoch === this.leaderEpoch) return undefined
    const isStale = requestLeaderEpoch < this.leaderEpoch
    return isStale ? ErrorCode.FENCED_LEADER_EPOCH : ErrorCode.UNKNOWN_LEADER_EPOCH
  }
}
