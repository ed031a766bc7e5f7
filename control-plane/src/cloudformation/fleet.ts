import { isObject, textAt } from './properties.ts'
import { failed, type Resource, type ResourceContext, succeeded, waiting } from './resource.ts'

/**
 * The fleet as a resource of the service's own stack. There is nothing to make: that it answers says that the control
 * plane works. It cannot be deleted while there are clusters or hosts, which CloudFormation knows nothing of.
 */
export const fleetResource: Resource = {
  async create({ stackId, logicalResourceId }, { serviceRecord }) {
    await serviceRecord?.keep()
    return succeeded(`${stackId}/${logicalResourceId}`)
  },

  async update({ physicalResourceId }, { serviceRecord }) {
    await serviceRecord?.keep()
    return succeeded(physicalResourceId)
  },

  async delete(request, context) {
    const clusters = await listClusters(context)
    const kept = clusters.filter((cluster) => textAt(cluster, 'state') !== 'DELETING')
    if (kept.length > 0) {
      const names = kept.map((cluster) => textAt(cluster, 'clusterName')).join(', ')
      return failed(
        request,
        `The service still has clusters, with their records: ${names}. Delete them first.`,
      )
    }
    if (clusters.length > 0) return waiting(`${clusters.length} clusters are being deleted`)
    const hosts = await context.hostIds()
    if (hosts.length > 0) return waiting(`hosts are being terminated: ${hosts.join(', ')}`)
    await context.serviceRecord?.giveUp()
    return succeeded(request.physicalResourceId)
  },
}

/** The first hundred are reason enough. */
async function listClusters({ call }: ResourceContext): Promise<readonly unknown[]> {
  const { status, body } = await call('GET', '/api/v2/clusters?maxResults=100')
  const list = isObject(body) ? body.clusterInfoList : undefined
  if (status !== 200 || !Array.isArray(list)) throw new Error(`ListClustersV2 answered ${status}`)
  return list
}
