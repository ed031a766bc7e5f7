import * as z from 'zod'
import type { ProvisionedCluster } from '../../model/cluster.ts'
import { type MutableClusterInfo, type StorageInfo, withVolumeSize } from '../../model/specification.ts'
import { provisionedThroughput, volumeSizeGB } from '../clusters/cluster-schemas.ts'
import { checkThroughput } from '../clusters/storage-rules.ts'
import { badRequest } from '../http/errors.ts'
import { changedSpecification, currentVersion, type UpdateApi } from './update.ts'

const PARAMETER = 'targetBrokerEBSVolumeInfo'
const ALL = 'All'

const body = z.object({
  currentVersion,
  targetBrokerEBSVolumeInfo: z
    .array(
      z.object({
        kafkaBrokerNodeId: z.string().max(64),
        volumeSizeGB: volumeSizeGB.exactOptional(),
        provisionedThroughput: provisionedThroughput.exactOptional(),
      }),
    )
    .min(1)
    .max(60),
})

/** https://docs.aws.amazon.com/msk/1.0/apireference/clusters-clusterarn-nodes-storage.html */
export const updateBrokerStorage: UpdateApi<typeof body> = {
  method: 'put',
  path: '/nodes/storage',
  body,
  async plan(cluster, { targetBrokerEBSVolumeInfo: targets }) {
    const all = targets.find(({ kafkaBrokerNodeId }) => kafkaBrokerNodeId === ALL)
    if (all && targets.length > 1) throw badRequest('Specify either All or single broker ids.', PARAMETER)
    const update = all
      ? { specification: storageSpecification(cluster, all, PARAMETER) }
      : { volumeSizesGB: singleSizes(cluster, targets) }
    return {
      type: 'UPDATE_BROKER_STORAGE',
      update: { ...update, source: volumesOf(cluster), target: { brokerEBSVolumeInfo: sized(targets) } },
    }
  },
}

/** The storage of all brokers as it is to be. Volumes only grow, as EBS has it. */
export function storageSpecification(
  cluster: ProvisionedCluster,
  target: {
    readonly volumeSizeGB?: number
    readonly provisionedThroughput?: { enabled?: boolean; volumeThroughput?: number }
  },
  parameter: string,
  changes: { readonly storageMode?: 'LOCAL' | 'TIERED' } = {},
) {
  const current = storageOf(cluster)
  const size = target.volumeSizeGB ?? current.volumeSize
  checkGrowth(current.volumeSize, size, parameter)
  const { provisionedThroughput } = target
  const specification = withVolumeSize(
    cluster.provisioned,
    size,
    provisionedThroughput === undefined ? {} : { provisionedThroughput },
  )
  checkThroughput(specification.brokerNodeGroupInfo, 'provisionedThroughput')
  return changedSpecification(cluster, { ...specification, ...changes }, parameter)
}

export function volumesOf(cluster: Specified): MutableClusterInfo {
  const { volumeSize, ...throughput } = storageOf(cluster)
  return { brokerEBSVolumeInfo: [{ kafkaBrokerNodeId: ALL, volumeSizeGB: volumeSize, ...throughput }] }
}

type Specified = Pick<ProvisionedCluster, 'provisioned'>

function storageOf({ provisioned }: Specified): NonNullable<StorageInfo['ebsStorageInfo']> {
  const info = provisioned.brokerNodeGroupInfo.storageInfo?.ebsStorageInfo
  if (!info) throw badRequest('Express brokers manage their storage themselves.', 'clusterArn')
  return info
}

function singleSizes(
  cluster: ProvisionedCluster,
  targets: z.output<typeof body>['targetBrokerEBSVolumeInfo'],
) {
  const ids = targets.map(({ kafkaBrokerNodeId }) => kafkaBrokerNodeId)
  if (new Set(ids).size < ids.length) throw badRequest('Every broker must be named once.', PARAMETER)
  const sizes: Record<number, number> = {}
  for (const { kafkaBrokerNodeId, volumeSizeGB, provisionedThroughput } of targets) {
    const broker = cluster.brokers.find(({ brokerId }) => String(brokerId) === kafkaBrokerNodeId)
    if (!broker) throw badRequest(`The cluster has no broker ${kafkaBrokerNodeId}.`, 'kafkaBrokerNodeId')
    if (provisionedThroughput) {
      throw badRequest('The throughput can only be set for All brokers.', 'provisionedThroughput')
    }
    const current = Math.max(storageOf(cluster).volumeSize, broker.volumeSizeGB ?? 0)
    const size = volumeSizeGB ?? current
    checkGrowth(current, size, PARAMETER)
    if (size > current) sizes[broker.brokerId] = size
  }
  if (Object.keys(sizes).length === 0) {
    throw badRequest('The request does not change the storage of any broker.', PARAMETER)
  }
  return sizes
}

function checkGrowth(current: number, target: number, parameter: string): void {
  if (target < current) {
    throw badRequest(`Storage can only grow: the volumes have ${current} GiB already.`, parameter)
  }
}

function sized(targets: z.output<typeof body>['targetBrokerEBSVolumeInfo']) {
  return targets.map(({ volumeSizeGB = 0, ...rest }) => ({ ...rest, volumeSizeGB }))
}
