import type { BrokerPeriod } from '../../metrics/msk/period.ts'
import type { ProvisionedCluster } from '../../model/cluster.ts'
import type { ClusterUpdate, OperationRecord } from '../../model/operation.ts'
import type { ScalingSettings } from '../../model/scaling-settings.ts'
import { withVolumeSize } from '../../model/specification.ts'
import { decideStorage, type StorageDecision } from '../storage/decide.ts'
import { lastGrowthMs } from './past-changes.ts'

export interface StorageGrowth extends StorageDecision {
  readonly beforeGB: number
}

/** What costs a request, asked only where the answer matters. */
export interface PastGrowth {
  readonly operations: () => Promise<readonly OperationRecord[]>
  readonly isChanging: () => Promise<boolean>
}

/** Whether the volumes of a cluster are to grow now; undefined where there is nothing to decide. */
export async function storageGrowth(
  cluster: ProvisionedCluster,
  brokers: readonly BrokerPeriod[],
  { storage }: ScalingSettings,
  { operations, isChanging }: PastGrowth,
  nowMs: number,
): Promise<StorageGrowth | undefined> {
  const volumeSizeGB = cluster.provisioned.brokerNodeGroupInfo.storageInfo?.ebsStorageInfo?.volumeSize
  if (storage === undefined || volumeSizeGB === undefined) return undefined
  const shares = brokers.map(({ after, volumeSizeBytes }) => after.dataBytes / (volumeSizeBytes ?? Infinity))
  const usedBytesOfFullest = Math.max(...shares) * volumeSizeGB * GIB
  const input = { nowMs, volumeSizeGB, usedBytesOfFullest, ...storage }
  const wished = decideStorage(input)
  if (wished.volumeSizeGB === volumeSizeGB) return { ...wished, beforeGB: volumeSizeGB }
  const last = lastGrowthMs(await operations())
  const decision = decideStorage({ ...input, ...(last === undefined ? {} : { lastGrowthMs: last }) })
  if (decision.volumeSizeGB === volumeSizeGB || !(await isChanging()))
    return { ...decision, beforeGB: volumeSizeGB }
  const reason = `${decision.reason.slice(0, -1)}, but EC2 still works at the last change.`
  return { volumeSizeGB, reason, beforeGB: volumeSizeGB }
}

/** As UpdateBrokerStorage for all brokers. */
export function growthUpdate(cluster: ProvisionedCluster, volumeSizeGB: number): ClusterUpdate {
  const current = cluster.provisioned.brokerNodeGroupInfo.storageInfo?.ebsStorageInfo?.volumeSize ?? 0
  const all = (sizeGB: number) => ({
    brokerEBSVolumeInfo: [{ kafkaBrokerNodeId: 'All', volumeSizeGB: sizeGB }],
  })
  return {
    source: all(current),
    target: all(volumeSizeGB),
    specification: withVolumeSize(cluster.provisioned, volumeSizeGB),
  }
}

const GIB = 1024 ** 3
