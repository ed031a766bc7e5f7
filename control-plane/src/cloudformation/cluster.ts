import { refusalOf } from './api.ts'
import { nextUpdate } from './cluster-updates.ts'
import { at, differs, inMskWords, isObject, textAt, textsAt } from './properties.ts'
import type { CreateRequest, Data, Outcome, Properties, UpdateRequest } from './request.ts'
import { failed, type Resource, type ResourceContext, succeeded, waiting } from './resource.ts'

/** Clusters, with the properties of AWS::MSK::Cluster and AWS::MSK::ServerlessCluster. */
export const provisionedClusterResource = clusterResource('provisioned', [
  ['clusterName'],
  ['brokerNodeGroupInfo', 'clientSubnets'],
  ['brokerNodeGroupInfo', 'brokerAZDistribution'],
  ['encryptionInfo', 'encryptionAtRest'],
])
export const serverlessClusterResource = clusterResource('serverless', [
  ['clusterName'],
  ['vpcConfigs'],
  ['clientAuthentication'],
])

/** Changes below `replacing` need another cluster, as in AWS's own resources. */
function clusterResource(kind: 'provisioned' | 'serverless', replacing: readonly string[][]): Resource {
  const create = (request: CreateRequest | UpdateRequest, context: ResourceContext) =>
    createCluster(request, kind, context)
  return {
    create,

    async update(request, context) {
      const [wanted, before] = [inMskWords(request.properties), inMskWords(request.oldProperties)]
      const replaced = replacing.some((path) => differs([at(wanted, ...path)], [at(before, ...path)]))
      return replaced ? create(request, context) : updateCluster(request, context)
    },

    async delete({ physicalResourceId }, { call }) {
      const target = clusterPath(physicalResourceId)
      const answer = await call('GET', `/api/v2${target}`)
      if (answer.status === 404) return succeeded(physicalResourceId)
      const state = stateOf(answer.body)
      if (state === 'DELETING') return waiting('the cluster is being deleted')
      const refusal = refusalOf(await call('DELETE', `/v1${target}`))
      return waiting(refusal ?? 'the cluster is being deleted')
    },
  }
}

async function createCluster(
  request: CreateRequest | UpdateRequest,
  kind: 'provisioned' | 'serverless',
  { call }: ResourceContext,
): Promise<Outcome> {
  const { clusterName, tags: _tags, ...specification } = inMskWords(request.properties)
  const found = await findCluster(clusterName, call)
  if (found === undefined) {
    const tags = { ...tagsOf(request.properties), [REQUEST_TAG]: request.requestId }
    const body = { clusterName, tags, [kind]: specification }
    const answer = await call('POST', '/api/v2/clusters', body)
    const refusal = refusalOf(answer)
    if (refusal !== undefined) return failed(request, refusal)
    return waiting('the cluster is CREATING', textAt(answer.body, 'clusterArn'))
  }
  if (textsAt(found, 'tags')[REQUEST_TAG] !== request.requestId) {
    return failed(request, `A cluster with the name ${clusterName} already exists. Choose another name.`)
  }
  return progressOf(found, call)
}

async function updateCluster(request: UpdateRequest, { call, sentAtMs }: ResourceContext): Promise<Outcome> {
  const { physicalResourceId: arn, properties, oldProperties } = request
  const described = await call('GET', `/api/v2${clusterPath(arn)}`)
  if (described.status === 404) return failed(request, 'The cluster does not exist any more.')
  const cluster = at(described.body, 'clusterInfo')
  if (stateOf(described.body) !== 'ACTIVE') return progressOf(cluster, call)
  const failure = await failureSince(sentAtMs, arn, call)
  if (failure !== undefined) return failed(request, failure)
  await changeTags(arn, textsAt(cluster, 'tags'), properties, oldProperties, call)
  const update = nextUpdate(inMskWords(properties), inMskWords(oldProperties), cluster)
  if (update === undefined) return progressOf(cluster, call)
  const { method, path, body } = update
  const currentVersion = textAt(cluster, 'currentVersion')
  const answer = await call(method, `/v1${clusterPath(arn)}${path}`, { ...body, currentVersion })
  const refusal = refusalOf(answer)
  if (refusal === undefined) return waiting(`the cluster is UPDATING: ${path}`)
  // Somebody else was faster: look again.
  const raced = ['currentVersion', 'clusterArn'].includes(String(answer.body.invalidParameter))
  return raced ? waiting(refusal) : failed(request, refusal)
}

async function progressOf(cluster: unknown, call: ResourceContext['call']): Promise<Outcome> {
  const arn = textAt(cluster, 'clusterArn')
  if (arn === undefined) throw new Error('DescribeClusterV2 answered without clusterArn')
  const state = textAt(cluster, 'state')
  if (state === 'FAILED') {
    const reason = textAt(cluster, 'stateInfo', 'message') ?? 'The cluster has FAILED.'
    return { status: 'FAILED', physicalResourceId: arn, reason }
  }
  if (state !== 'ACTIVE') return waiting(`the cluster is ${state}`, arn)
  const { status, body } = await call('GET', `/v1${clusterPath(arn)}/bootstrap-brokers`)
  if (status !== 200) {
    return waiting(textAt(body, 'message') ?? 'the cluster has no bootstrap brokers yet', arn)
  }
  return succeeded(arn, { Arn: arn, ...bootstrapStrings(body) })
}

/** Attributes must be there to be asked for: what a cluster does not offer is empty. */
function bootstrapStrings(body: unknown): Data {
  return Object.fromEntries(
    ['', 'Tls', 'SaslScram', 'SaslIam'].map((suffix) => {
      const value = textAt(body, `bootstrapBrokerString${suffix}`) ?? ''
      return [`BootstrapBrokerString${suffix}`, value]
    }),
  )
}

async function findCluster(clusterName: unknown, call: ResourceContext['call']): Promise<unknown> {
  if (typeof clusterName !== 'string') return undefined
  const filter = encodeURIComponent(clusterName)
  const { status, body } = await call('GET', `/api/v2/clusters?clusterNameFilter=${filter}&maxResults=100`)
  if (status !== 200 || !Array.isArray(body.clusterInfoList))
    throw new Error(`ListClustersV2 answered ${status}`)
  return body.clusterInfoList.find((cluster) => textAt(cluster, 'clusterName') === clusterName)
}

/** An update that CloudFormation asked for and that was rolled back would otherwise be begun again for ever. */
async function failureSince(
  sentAtMs: number,
  arn: string,
  call: ResourceContext['call'],
): Promise<string | undefined> {
  const { status, body } = await call('GET', `/v1${clusterPath(arn)}/operations?maxResults=100`)
  if (status !== 200 || !Array.isArray(body.clusterOperationInfoList)) {
    throw new Error(`ListClusterOperations answered ${status}`)
  }
  const failure = body.clusterOperationInfoList.find(
    (operation) =>
      textAt(operation, 'operationState') === 'UPDATE_FAILED' &&
      Date.parse(textAt(operation, 'creationTime') ?? '') >= sentAtMs,
  )
  return failure && (textAt(failure, 'errorInfo', 'errorString') ?? 'The update has failed.')
}

async function changeTags(
  arn: string,
  actual: Readonly<Record<string, string>>,
  properties: Properties,
  oldProperties: Properties,
  call: ResourceContext['call'],
): Promise<void> {
  const [wanted, before] = [tagsOf(properties), tagsOf(oldProperties)]
  const target = `/v1/tags/${encodeURIComponent(arn)}`
  const gone = Object.keys(before).filter((key) => !(key in wanted) && key in actual)
  if (gone.length > 0) {
    const keys = gone.map((key) => `tagKeys=${encodeURIComponent(key)}`).join('&')
    refuse(refusalOf(await call('DELETE', `${target}?${keys}`)))
  }
  if (differs(wanted, actual)) refuse(refusalOf(await call('POST', target, { tags: wanted })))
}

function refuse(refusal: string | undefined): void {
  if (refusal !== undefined) throw new Error(refusal)
}

/** AWS::MSK::Cluster has them as a map. */
function tagsOf(properties: Properties): Record<string, string> {
  return isObject(properties.Tags) ? textsAt(properties, 'Tags') : {}
}

function clusterPath(arn: string): string {
  return `/clusters/${encodeURIComponent(arn)}`
}

function stateOf(body: unknown): string | undefined {
  return textAt(body, 'clusterInfo', 'state')
}

/** By it a cluster is known again whose creation was answered, but the answer was lost. */
const REQUEST_TAG = 'freshet:cloudformation-request'
