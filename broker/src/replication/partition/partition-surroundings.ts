import type { BrokerEpochs, IsrProposal } from '../leader/leader-state.ts'
import type { GroupCommit } from './group-commit.ts'
import type { Partition } from './partition.ts'

/** What all partitions of a broker share. */
export interface PartitionSurroundings {
  readonly brokerId: number
  readonly commits: GroupCommit
  readonly brokers: BrokerEpochs
  /** `replica.lag.time.max.ms` */
  readonly lagMsMax: number
  readonly monotonicMs: () => number
  /** Bytes taken over from a leader. */
  readonly onFollowed: (sizeBytes: number) => void
  readonly onProposal: (partition: Partition, proposal: IsrProposal) => void
}
