import { formatTopicConfigs, parseTopicConfigs } from '../api/topics/topic-configs.ts'
import { type ApiAnswer, refusalOf } from './api.ts'
import { at, differs, inMskWords, textAt, textsAt } from './properties.ts'
import type { CreateRequest, Outcome, UpdateRequest } from './request.ts'
import { failed, type Resource, type ResourceContext, succeeded, waiting } from './resource.ts'

/** Topics, with the properties of AWS::MSK::Topic; Configs is a map. Without a name it is MSK that refuses. */
export const topicResource: Resource = {
  create: createTopic,

  async update(request, context) {
    const [wanted, before] = [inMskWords(request.properties), inMskWords(request.oldProperties)]
    const replaced = REPLACING.some((name) => differs([wanted[name]], [before[name]]))
    return replaced ? createTopic(request, context) : updateTopic(request, wanted, before, context)
  },

  async delete({ physicalResourceId, properties }, { call }) {
    const topic = inMskWords(properties)
    const answer = await call('DELETE', topicPath(topic))
    if (answer.status === 404) return succeeded(physicalResourceId)
    if (isUnreachable(answer) && (await isGoing(topic.clusterArn, call))) return succeeded(physicalResourceId)
    return waiting(refusalOf(answer) ?? 'the topic is being deleted')
  },
}

const REPLACING = ['clusterArn', 'topicName', 'replicationFactor']

async function createTopic(
  request: CreateRequest | UpdateRequest,
  { call, journal }: ResourceContext,
): Promise<Outcome> {
  const { clusterArn, ...topic } = inMskWords(request.properties)
  const found = await call('GET', topicPath({ clusterArn, ...topic }))
  if (isUnreachable(found)) return waiting(String(found.body.message))
  const ours = await journal.hasIntended(request.requestId)
  if (found.status === 200) {
    if (!ours) return failed(request, `Topic '${topic.topicName}' already exists.`)
    return made(found)
  }
  if (found.status !== 404 || isAbout(found, 'clusterArn')) {
    return failed(request, refusalOf(found) ?? `DescribeTopic answered ${found.status}`)
  }
  await journal.intend(request.requestId)
  const configs = textsAt(topic, 'configs')
  const body = { ...topic, ...(topic.configs !== undefined && { configs: formatTopicConfigs(configs) }) }
  const answer = await call('POST', topicsPath(clusterArn), body)
  const refusal = refusalOf(answer)
  if (refusal === undefined) return waiting('the topic is CREATING', textAt(answer.body, 'topicArn'))
  // A conflict about the name: somebody made it in this very moment.
  const passes = isUnreachable(answer) && !isAbout(answer, 'topicName')
  return passes ? waiting(refusal) : failed(request, refusal)
}

async function updateTopic(
  request: UpdateRequest,
  wanted: Record<string, unknown>,
  before: Record<string, unknown>,
  { call, journal }: ResourceContext,
): Promise<Outcome> {
  const found = await call('GET', topicPath(wanted))
  if (isUnreachable(found)) return waiting(String(found.body.message))
  if (found.status !== 200) return failed(request, refusalOf(found) ?? 'The topic does not exist any more.')
  const removed = (await journal.hasIntended(request.requestId)) ? {} : removedConfigs(wanted, before)
  const change = {
    ...partitionChange(wanted, before, found),
    ...configChange(wanted, before, found, removed),
  }
  if (Object.keys(change).length === 0) return made(found)
  const answer = await call('PUT', topicPath(wanted), change)
  // A topic does not tell its own configurations from the cluster's: what was taken back is remembered.
  if (answer.status < 400) await journal.intend(request.requestId)
  const refusal = refusalOf(answer) ?? 'the topic is UPDATING'
  return answer.status < 400 || isUnreachable(answer) ? waiting(refusal) : failed(request, refusal)
}

function partitionChange(wanted: unknown, before: unknown, { body }: ApiAnswer) {
  const count = at(wanted, 'partitionCount')
  const changed = count !== at(before, 'partitionCount') && count !== body.partitionCount
  return changed ? { partitionCount: count } : {}
}

/** What is no longer named is the cluster's again. */
function removedConfigs(wanted: unknown, before: unknown): Record<string, null> {
  const configs = textsAt(wanted, 'configs')
  const removed = Object.keys(textsAt(before, 'configs')).filter((name) => !(name in configs))
  return Object.fromEntries(removed.map((name) => [name, null]))
}

function configChange(wanted: unknown, before: unknown, { body }: ApiAnswer, removed: Record<string, null>) {
  const configs = textsAt(wanted, 'configs')
  const actual = parseTopicConfigs(textAt(body, 'configs') ?? '')
  const isChanged = differs(configs, textsAt(before, 'configs')) && differs(configs, actual)
  if (!isChanged && Object.keys(removed).length === 0) return {}
  return { configs: formatTopicConfigs({ ...configs, ...removed }) }
}

function made({ body }: ApiAnswer): Outcome {
  const [topicArn, topicName] = [textAt(body, 'topicArn'), textAt(body, 'topicName')]
  if (topicArn === undefined || topicName === undefined)
    throw new Error('DescribeTopic answered without an ARN')
  if (body.status !== 'ACTIVE') return waiting(`the topic is ${body.status}`, topicArn)
  return succeeded(topicArn, { TopicArn: topicArn, TopicName: topicName })
}

/** While a cluster changes, or right after its creation, its brokers may not answer: that passes. */
function isUnreachable({ status }: ApiAnswer): boolean {
  return status === 409
}

/** With its cluster a topic goes too. */
async function isGoing(clusterArn: unknown, call: ResourceContext['call']): Promise<boolean> {
  const { body } = await call('GET', `/api/v2/clusters/${encodeURIComponent(String(clusterArn))}`)
  const state = textAt(body, 'clusterInfo', 'state')
  return state === 'DELETING' || state === 'FAILED'
}

function isAbout({ body }: ApiAnswer, parameter: string): boolean {
  return body.invalidParameter === parameter
}

function topicPath(topic: Record<string, unknown>): string {
  return `${topicsPath(topic.clusterArn)}/${encodeURIComponent(String(topic.topicName))}`
}

function topicsPath(clusterArn: unknown): string {
  return `/v1/clusters/${encodeURIComponent(String(clusterArn))}/topics`
}
