import * as z from 'zod'
import { instanceType } from '../clusters/cluster-schemas.ts'
import { checkThroughput } from '../clusters/storage-rules.ts'
import { badRequest } from '../http/errors.ts'
import { changedSpecification, currentVersion, type UpdateApi } from './update.ts'

const body = z.object({ currentVersion, targetInstanceType: instanceType })

/** https://docs.aws.amazon.com/msk/1.0/apireference/clusters-clusterarn-nodes-type.html */
export const updateBrokerType: UpdateApi<typeof body> = {
  method: 'put',
  path: '/nodes/type',
  body,
  async plan(cluster, { targetInstanceType }) {
    const group = cluster.provisioned.brokerNodeGroupInfo
    const familyOf = (type: string) => type.slice(0, type.indexOf('.'))
    if (familyOf(group.instanceType) !== familyOf(targetInstanceType)) {
      throw badRequest(
        'A cluster cannot change between Standard and Express brokers: create another one.',
        'targetInstanceType',
      )
    }
    const brokerNodeGroupInfo = { ...group, instanceType: targetInstanceType }
    checkThroughput(brokerNodeGroupInfo, 'targetInstanceType')
    return {
      type: 'UPDATE_BROKER_TYPE',
      update: {
        source: { instanceType: group.instanceType },
        target: { instanceType: targetInstanceType },
        specification: changedSpecification(cluster, { brokerNodeGroupInfo }, 'targetInstanceType'),
      },
    }
  },
}
