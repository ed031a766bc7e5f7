import { PROVISIONED_REQUEST, SERVERLESS_REQUEST } from './fixtures.ts'
import { type ClientOptions, createTestApi, makeActive } from './signed-client.ts'

/** The API with two ACTIVE clusters, `orders` (provisioned) and `events` (serverless), and what tests ask of it. */
export async function createActiveApi(changes: object = {}) {
  const api = createTestApi()
  const create = async (body: object, name: string) => {
    const answer = await api.call('POST', '/api/v2/clusters', { clusterName: name, ...body })
    if (answer.status !== 200) throw new Error(JSON.stringify(answer.body))
    return (await makeActive(api.clusters, name)).clusterArn
  }
  const arn = await create({ provisioned: { ...PROVISIONED_REQUEST, ...changes } }, 'orders')
  const serverlessArn = await create({ serverless: SERVERLESS_REQUEST }, 'events')
  const cluster = async () => (await api.clusters.get('orders'))!
  const path = `/v1/clusters/${encodeURIComponent(arn)}`
  const on =
    (method: string) =>
    async (below: string, body?: unknown, options: ClientOptions = {}) =>
      api.call(method, `${path}${below}`, body, options)
  return {
    ...api,
    arn,
    serverlessPath: `/v1/clusters/${encodeURIComponent(serverlessArn)}`,
    cluster,
    path,
    get: on('GET'),
    put: on('PUT'),
    post: on('POST'),
    patch: on('PATCH'),
    delete: on('DELETE'),
  }
}

export const UNKNOWN_CLUSTER = encodeURIComponent(
  'arn:aws:kafka:us-east-1:000000000000:cluster/none/11111111-2222-3333-4444-555555555555-1',
)
