import { handle } from '../cloudformation/handle.ts'
import { Journal } from '../cloudformation/journal.ts'
import type { CustomResourceRequest, Outcome, Properties } from '../cloudformation/request.ts'
import { restored, updated, withOperation } from '../model/cluster.ts'
import type { Operation } from '../model/operation.ts'
import { NOW } from './fixtures.ts'
import { createTestApi, makeActive } from './signed-client.ts'

/** CloudFormation's side of custom resources, over the API in this process, and a reconciler that obeys tests. */
export function createCustomResources() {
  const api = createTestApi()
  const journal = new Journal(api.documents, () => NOW)
  let requests = 0
  const send = (request: CustomResourceRequest): Promise<Outcome> =>
    handle(request, {
      call: api.call,
      journal,
      sentAtMs: NOW,
      hostIds: async () => (await api.fleet.listHosts()).map(({ hostId }) => hostId),
    })
  const request = (resourceType: string, properties: Properties) => ({
    requestId: `request-${++requests}`,
    stackId: 'arn:aws:cloudformation:us-east-1:000000000000:stack/app/1',
    logicalResourceId: 'Orders',
    resourceType,
    responseUrl: 'https://cloudformation.example/answer',
    properties,
  })
  const current = async (name: string) => (await api.clusters.get(name))!

  return {
    ...api,
    send,
    create: (type: string, properties: Properties) => ({
      requestType: 'Create' as const,
      ...request(type, properties),
    }),
    update: (
      type: string,
      physicalResourceId: string,
      oldProperties: Properties,
      properties: Properties,
    ) => ({
      requestType: 'Update' as const,
      ...request(type, properties),
      physicalResourceId,
      oldProperties,
    }),
    remove: (type: string, physicalResourceId: string, properties: Properties = {}) => ({
      requestType: 'Delete' as const,
      ...request(type, properties),
      physicalResourceId,
    }),
    activate: (name: string) => makeActive(api.clusters, name),
    /** The update under way has been carried out. */
    async finish(name: string) {
      const version = `V${++requests}`
      return api.clusters.update(await current(name), (cluster) =>
        withOperation(updated(cluster, version), undefined),
      )
    },
    /** The update under way was given up. */
    async giveUp(name: string, reason: string) {
      const cluster = await current(name)
      const { clusterArn, clusterType, activeOperation } = cluster
      if (activeOperation === undefined) throw new Error(`${name} is not being updated`)
      const errorInfo = { errorCode: 'FAILED', errorString: reason }
      const operation: Operation = { ...activeOperation, operationState: 'UPDATE_FAILED', errorInfo }
      await api.clusters.putOperation(cluster, { clusterArn, clusterType, operation })
      return api.clusters.update(cluster, (newest) => withOperation(restored(newest), undefined))
    },
    async forget(name: string) {
      await api.clusters.forget(await current(name))
    },
  }
}
