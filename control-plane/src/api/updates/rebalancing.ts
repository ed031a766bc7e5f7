import * as z from 'zod'
import { rebalancing } from '../clusters/cluster-schemas.ts'
import { changedSpecification, currentVersion, type UpdateApi } from './update.ts'

const body = z.object({ currentVersion, rebalancing })

/**
 * https://docs.aws.amazon.com/msk/1.0/apireference/clusters-clusterarn-rebalancing.html. Made ACTIVE, the cluster is
 * evened out at once, and again whenever brokers come.
 */
export const updateRebalancing: UpdateApi<typeof body> = {
  method: 'put',
  path: '/rebalancing',
  body,
  async plan(cluster, { rebalancing }) {
    return {
      type: 'UPDATE_REBALANCING',
      update: {
        source: { rebalancing: cluster.provisioned.rebalancing },
        target: { rebalancing },
        specification: changedSpecification(cluster, { rebalancing }, 'rebalancing'),
      },
    }
  },
}
