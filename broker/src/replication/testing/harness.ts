import type { MemoryClock } from '../../runtime/memory-clock.ts'
import { GroupCommit } from '../partition/group-commit.ts'
import type { PartitionSurroundings } from '../partition/partition-surroundings.ts'

/** A partition of which nothing is underway. Tests say who has it and who leads. */
export const QUIET_IMAGE = {
  partitionId: 0,
  removingReplicas: [],
  addingReplicas: [],
  leaderEpoch: 0,
  partitionEpoch: 0,
  leaderRecoveryState: 0,
  eligibleLeaderReplicas: [],
  lastKnownElr: [],
  offlineReplicas: [],
  uncleanLeaderEpoch: -1,
} as const

/** All brokers live, and nobody is told of anything. */
export function quietSurroundings(brokerId: number, clock: MemoryClock): PartitionSurroundings {
  return {
    brokerId,
    commits: new GroupCommit(clock),
    brokers: { isEligible: () => true, epochOf: () => 1 },
    lagMsMax: 30_000,
    monotonicMs: () => clock.monotonic(),
    onFollowed: () => {},
    onProposal: () => {},
  }
}
