/**
 * FindCoordinator (10): which broker coordinates a group (key type 0), a transactional id (1) or a share
 * partition (2).
 *
 * - 1: key types, error messages (KIP-98); 3: flexible; 4: several keys in one request (KIP-699)
 * - 5: TRANSACTION_ABORTABLE (KIP-890); 6: key type 2 (KIP-932)
 */

import { OFFSETS_TOPIC, SHARE_STATE_TOPIC, TRANSACTIONS_TOPIC } from '../cluster/index.ts'
import { coordinatorPartition } from '../coordinators/coordinator-partition.ts'
import type { RequestContext } from '../server/context.ts'
import type { Infer } from '../wire/index.ts'
import { defineApi, ErrorCode, isUuid, t } from '../wire/index.ts'
import { ensureOffsetsTopic, ensureShareStateTopic, ensureTransactionsTopic } from './automatic-topics.ts'
import { liveBrokers } from './cluster-facts.ts'

export const FindCoordinatorApi = defineApi({
  key: 10,
  name: 'FindCoordinator',
  versions: [0, 6],
  flexible: 3,
  request: {
    key: t.string({ until: 3 }),
    keyType: t.int8({ since: 1 }),
    coordinatorKeys: t.array(t.string(), { since: 4 }),
  },
  response: {
    throttleTimeMs: t.int32({ since: 1, ignorable: true }),
    errorCode: t.int16({ until: 3 }),
    errorMessage: t.string({ since: 1, until: 3, nullable: 1, ignorable: true }),
    nodeId: t.int32({ until: 3 }),
    host: t.string({ until: 3 }),
    port: t.int32({ until: 3 }),
    coordinators: t.array(
      {
        key: t.string(),
        nodeId: t.int32(),
        host: t.string(),
        port: t.int32(),
        errorCode: t.int16(),
        errorMessage: t.string({ nullable: 4 }),
      },
      { since: 4 },
    ),
  },
})

export type FindCoordinatorRequest = Infer<typeof FindCoordinatorApi.request>
export type FindCoordinatorResponse = Infer<typeof FindCoordinatorApi.response>

/** Names the broker that coordinates each key; creates the offsets topic when the first group shows up. */
export async function handleFindCoordinator(context: RequestContext, request: FindCoordinatorRequest) {
  const { broker, apiVersion } = context
  const keys = apiVersion >= BATCHED_SINCE ? request.coordinatorKeys : [request.key]
  if (request.keyType === GROUP) await ensureOffsetsTopic(broker)
  if (request.keyType === TRANSACTION) await ensureTransactionsTopic(broker)
  if (request.keyType === SHARE && apiVersion >= SHARE_SINCE) await ensureShareStateTopic(broker)
  const coordinators = keys.map((key) => findOne(context, request.keyType, key))
  if (apiVersion >= BATCHED_SINCE) return { throttleTimeMs: 0, coordinators }
  const [only] = coordinators
  if (only === undefined) throw new Error('a request for one key has one coordinator')
  const { errorCode, errorMessage, nodeId, host, port } = only
  return { throttleTimeMs: 0, errorCode, errorMessage, nodeId, host, port }
}

const BATCHED_SINCE = 4
const SHARE_SINCE = 6
const GROUP = 0
const TRANSACTION = 1
const SHARE = 2
/** The internal topics whose partitions' leaders are the coordinators. */
const TOPICS: ReadonlyMap<number, string> = new Map([
  [GROUP, OFFSETS_TOPIC],
  [TRANSACTION, TRANSACTIONS_TOPIC],
  [SHARE, SHARE_STATE_TOPIC],
])
const NOBODY = { nodeId: -1, host: '', port: -1 }

function findOne(context: RequestContext, keyType: number, key: string) {
  const topicName = TOPICS.get(keyType)
  if (topicName === undefined) {
    const errorMessage = `There is no coordinator type ${keyType}`
    return { key, ...NOBODY, errorCode: ErrorCode.INVALID_REQUEST, errorMessage }
  }
  if (keyType === SHARE && (context.apiVersion < SHARE_SINCE || !isShareKey(key))) {
    const errorMessage =
      context.apiVersion < SHARE_SINCE
        ? `Share partitions have coordinators from version ${SHARE_SINCE} on`
        : 'The key is not of the form groupId:topicId:partition'
    return { key, ...NOBODY, errorCode: ErrorCode.INVALID_REQUEST, errorMessage }
  }
  const topic = context.broker.cluster.topics.get(topicName)
  const partition = topic?.partitions[coordinatorPartition(key, topic.partitions.length)]
  const leader = liveBrokers(context).find((each) => each.nodeId === partition?.leader)
  if (leader === undefined) {
    const errorMessage = 'The coordinator is not available.'
    return { key, ...NOBODY, errorCode: ErrorCode.COORDINATOR_NOT_AVAILABLE, errorMessage }
  }
  const { nodeId, host, port } = leader
  const errorMessage = context.apiVersion >= BATCHED_SINCE ? '' : 'NONE'
  return { key, nodeId, host, port, errorCode: ErrorCode.NONE, errorMessage }
}

function isShareKey(key: string): boolean {
  const [partition = '', topicId = '', ...group] = key.split(':').reverse()
  return /^\d{1,10}$/.test(partition) && isUuid(topicId) && group.join('') !== ''
}
