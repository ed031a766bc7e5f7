import * as z from 'zod'
import { type ProvisionedCluster, withJoiningBrokers } from '../../model/cluster.ts'
import { spreadOverZones } from '../../model/placement.ts'
import { MAX_BROKERS } from '../clusters/cluster-schemas.ts'
import { placesOf } from '../clusters/create-cluster.ts'
import { badRequest } from '../http/errors.ts'
import { currentVersion, type PlannedUpdate, type UpdateApi } from './update.ts'

const body = z.object({
  currentVersion,
  targetNumberOfBrokerNodes: z.int().min(1).max(MAX_BROKERS),
})

/** https://docs.aws.amazon.com/msk/1.0/apireference/clusters-clusterarn-nodes-count.html */
export const updateBrokerCount: UpdateApi<typeof body> = {
  method: 'put',
  path: '/nodes/count',
  body,
  async plan(cluster, { targetNumberOfBrokerNodes: target }, { fleet }) {
    const { numberOfBrokerNodes: current, brokerNodeGroupInfo } = cluster.provisioned
    const { clientSubnets } = brokerNodeGroupInfo
    if (target % clientSubnets.length !== 0) {
      throw badRequest(
        'The number of broker nodes must be a multiple of Availability Zones in the ClientSubnets parameter.',
        'targetNumberOfBrokerNodes',
      )
    }
    if (target === current) {
      throw badRequest(
        `The cluster has ${current} broker nodes already: specify another number.`,
        'targetNumberOfBrokerNodes',
      )
    }
    if (target < current) return decrease(cluster, target)
    const places = await placesOf(clientSubnets, fleet)
    return increase(cluster, target, spreadOverZones(places, target - current))
  },
}

function increase(
  cluster: ProvisionedCluster,
  target: number,
  places: readonly { zone: string; clientSubnet: string }[],
): PlannedUpdate {
  const createdBrokerIds = places.map((_place, index) => cluster.highestBrokerId + 1 + index)
  return {
    type: 'INCREASE_BROKER_COUNT',
    update: countUpdate(cluster, target, { createdBrokerIds }),
    prepare: (newest) => withJoiningBrokers(newest, places),
  }
}

/** The same number from each zone, the youngest first. */
function decrease(cluster: ProvisionedCluster, target: number): PlannedUpdate {
  const perZone = Map.groupBy(cluster.brokers, ({ zone }) => zone)
  const surplus = (cluster.brokers.length - target) / perZone.size
  const leaving = [...perZone.values()].flatMap((brokers) =>
    brokers
      .map(({ brokerId }) => brokerId)
      .sort((a, b) => b - a)
      .slice(0, surplus),
  )
  const deletedBrokerIds = leaving.sort((a, b) => a - b)
  return {
    type: 'DECREASE_BROKER_COUNT',
    update: countUpdate(cluster, target, { deletedBrokerIds }),
    prepare: (newest) => ({
      ...newest,
      brokers: newest.brokers.map((broker) =>
        deletedBrokerIds.includes(broker.brokerId) ? { ...broker, membership: 'LEAVING' } : broker,
      ),
    }),
  }
}

function countUpdate(
  { provisioned }: ProvisionedCluster,
  numberOfBrokerNodes: number,
  brokerCountUpdateInfo: { createdBrokerIds?: number[]; deletedBrokerIds?: number[] },
) {
  return {
    source: { numberOfBrokerNodes: provisioned.numberOfBrokerNodes },
    target: { numberOfBrokerNodes, brokerCountUpdateInfo },
    specification: { ...provisioned, numberOfBrokerNodes },
  }
}
