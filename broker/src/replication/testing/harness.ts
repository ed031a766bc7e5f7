import type { MemoryClock } from '../../runtime/memory-clock.ts'
import { Loggers } from '../../telemetry/logger.ts'
import { CopyPace } from '../follower/copy-pace.ts'
import type { FetcherParts } from '../follower/fetcher-parts.ts'
import { GroupCommit } from '../partition/group-commit.ts'
import type { PartitionSurroundings } from '../partition/partition-surroundings.ts'
import { ReplicationQuota } from '../replication-quota.ts'

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

/** Of a fetcher that asks for a mebibyte of each partition, and logs nothing. */
export function fetcherParts(
  clock: MemoryClock,
  brokerId: number,
  connect: FetcherParts['connect'],
): FetcherParts {
  return {
    brokerId,
    brokerEpoch: () => 1,
    connect,
    settings: {
      waitMsMax: 500,
      minBytes: 1,
      partitionBytesMax: 1 << 20,
      responseBytesMax: 10 << 20,
      backoffMsMax: 1000,
    },
    pace: new CopyPace(() => clock.monotonic()),
    quota: new ReplicationQuota({ count: 11, sizeMs: 1000 }, () => clock.monotonic()),
    timers: clock,
    monotonicMs: () => clock.monotonic(),
    wallMs: () => clock.now(),
    logger: new Loggers(() => {}).get('kafka.server.ReplicaManager'),
    onStale: () => {},
  }
}
