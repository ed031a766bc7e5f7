import * as z from 'zod'
import type { FleetDriver } from '../../fleet/driver.ts'
import { type BrokerNode, type ProvisionedCluster, placedBrokers } from '../../model/cluster.ts'
import { type MutableClusterInfo, type StorageInfo, withVolumeSize } from '../../model/specification.ts'
import { provisionedThroughput, volumeSizeGB } from '../clusters/cluster-schemas.ts'
import { checkThroughput } from '../clusters/storage-rules.ts'
import { badRequest } from '../http/errors.ts'
import { changedSpecification, currentVersion, type UpdateApi } from './update.ts'

const PARAMETER = 'targetBrokerEBSVolumeInfo'
const ALL = 'All'
/** MSK's words, by which clients know it. */
const UNCHANGED =
  'The request does not include any updates to the EBS volumes of the cluster. Verify the request, then try again.'

const GROWS_TOO_LITTLE = 'To update storage, you must increase it by at least 10 GiB.'
const LEAST_GROWTH_GIB = 10

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
  async plan(cluster, { targetBrokerEBSVolumeInfo: targets }, { fleet }) {
    const all = targets.find(({ kafkaBrokerNodeId }) => kafkaBrokerNodeId === ALL)
    if (all && targets.length > 1) throw badRequest('Specify either All or single broker ids.', PARAMETER)
    const update = all
      ? { specification: storageSpecification(cluster, all, PARAMETER) }
      : { volumeSizesGB: singleSizes(cluster, targets) }
    const ids = new Set(targets.map(({ kafkaBrokerNodeId }) => kafkaBrokerNodeId))
    const concerned = cluster.brokers.filter(({ brokerId }) => all !== undefined || ids.has(String(brokerId)))
    await checkChangeable(concerned, fleet, PARAMETER)
    return {
      type: 'UPDATE_BROKER_STORAGE',
      update: { ...update, source: volumesOf(cluster), target: { brokerEBSVolumeInfo: sized(targets) } },
    }
  },
}

/** As on MSK, storage that was changed rests for hours before it can be changed again; how long is up to EC2. */
export async function checkChangeable(
  brokers: readonly BrokerNode[],
  fleet: Pick<FleetDriver, 'changingVolumes'>,
  parameter: string,
): Promise<void> {
  const placed = placedBrokers({ brokers })
  const changing = await fleet.changingVolumes(new Set(placed.map(({ hostId }) => hostId)))
  for (const { brokerId, hostId } of placed) {
    const reason = changing.get(hostId)
    if (reason === undefined) continue
    throw badRequest(`The storage of broker ${brokerId} cannot be changed again yet: ${reason}.`, parameter)
  }
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
  checkGrowth(current.volumeSize, size)
  const { provisionedThroughput } = target
  const specification = withVolumeSize(
    cluster.provisioned,
    size,
    provisionedThroughput === undefined ? {} : { provisionedThroughput },
  )
  checkThroughput(specification.brokerNodeGroupInfo, 'provisionedThroughput')
  return changedSpecification(cluster, { ...specification, ...changes }, parameter, UNCHANGED)
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
    checkGrowth(current, size)
    if (size > current) sizes[broker.brokerId] = size
  }
  if (Object.keys(sizes).length === 0) {
    throw badRequest(UNCHANGED, PARAMETER)
  }
  return sizes
}

function checkGrowth(current: number, target: number): void {
  if (target === current || target >= current + LEAST_GROWTH_GIB) return
  throw badRequest(GROWS_TOO_LITTLE, 'volumeSizeGB')
}

function sized(targets: z.output<typeof body>['targetBrokerEBSVolumeInfo']) {
  return targets.map(({ volumeSizeGB = 0, ...rest }) => ({ ...rest, volumeSizeGB }))
}
