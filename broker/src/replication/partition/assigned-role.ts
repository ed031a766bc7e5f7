import type { PartitionImage } from '../../cluster/index.ts'
import { ErrorCode } from '../../wire/index.ts'

/** Who leads a partition, and in which epochs, as the metadata say. Epochs only rise. */
export class AssignedRole {
  leaderId = -1
  leaderEpoch = -1
  /** Of the last leader that may have lacked committed records; -1 if there was none. */
  uncleanLeaderEpoch = -1
  readonly #partition: string
  #partitionEpoch = -1

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

  follow({ leader, leaderEpoch, partitionEpoch, uncleanLeaderEpoch }: PartitionImage): void {
    this.leaderId = leader
    this.leaderEpoch = leaderEpoch
    this.#partitionEpoch = partitionEpoch
    this.uncleanLeaderEpoch = uncleanLeaderEpoch
  }

  /** Why a request that names this leader epoch (-1: none) is to be refused, if it is. KIP-320. */
  epochRefusal(requestLeaderEpoch: number): number | undefined {
    if (requestLeaderEpoch < 0 || requestLeaderEpoch === this.leaderEpoch) return undefined
    const isStale = requestLeaderEpoch < this.leaderEpoch
    return isStale ? ErrorCode.FENCED_LEADER_EPOCH : ErrorCode.UNKNOWN_LEADER_EPOCH
  }
}
