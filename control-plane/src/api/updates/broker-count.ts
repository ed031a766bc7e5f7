import * as z from 'zod'
import { brokerCountChange } from '../../model/broker-count.ts'
import { MAX_BROKERS } from '../clusters/cluster-schemas.ts'
import { placesOf } from '../clusters/create-cluster.ts'
import { badRequest } from '../http/errors.ts'
import { currentVersion, type UpdateApi } from './update.ts'

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
    return brokerCountChange(cluster, target, await placesOf(clientSubnets, fleet))
  },
}
