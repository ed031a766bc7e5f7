import * as z from 'zod'
import { badRequest } from '../http/errors.ts'
import type { UpdateApi } from './update.ts'

const body = z.object({
  brokerIds: z.array(z.string().max(64)).length(1, 'Specify one broker: one is rebooted at a time.'),
})

/** https://docs.aws.amazon.com/msk/1.0/apireference/clusters-clusterarn-reboot-broker.html */
export const rebootBroker: UpdateApi<typeof body> = {
  method: 'put',
  path: '/reboot-broker',
  body,
  async plan(cluster, { brokerIds }) {
    const broker = cluster.brokers.find(({ brokerId }) => String(brokerId) === brokerIds[0])
    if (!broker) throw badRequest(`The cluster has no broker ${brokerIds[0]}.`, 'brokerIds')
    return { type: 'REBOOT_NODE', update: { source: {}, target: {}, restart: [broker.brokerId] } }
  },
}
