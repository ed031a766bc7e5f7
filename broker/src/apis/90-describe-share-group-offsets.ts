/**
 * DescribeShareGroupOffsets (90): from where on share groups have records in delivery (KIP-932).
 *
 * - 1: lag (KIP-1226)
 */
import type { BrokerServices, RequestContext } from '../server/context.ts'
import type { Infer } from '../wire/index.ts'
import { defineApi, ErrorCode, KafkaError, t, ZERO_UUID } from '../wire/index.ts'
import { ListOffsetsApi } from './02-list-offsets.ts'
import { requireFeature, requireGroupId } from './cluster-facts.ts'
import { readShared } from './shared-partitions.ts'

export const DescribeShareGroupOffsetsApi = defineApi({
  key: 90,
  name: 'DescribeShareGroupOffsets',
  versions: [0, 1],
  flexible: 0,
  request: {
    groups: t.array({
      groupId: t.string(),
      topics: t.array({ topicName: t.string(), partitions: t.array(t.int32()) }, { nullable: 0 }),
    }),
  },
  response: {
    throttleTimeMs: t.int32({ default: 0 }),
    groups: t.array({
      groupId: t.string(),
      topics: t.array({
        topicName: t.string(),
        topicId: t.uuid(),
        partitions: t.array({
          partitionIndex: t.int32(),
          startOffset: t.int64(),
          leaderEpoch: t.int32(),
          lag: t.int64({ since: 1, default: -1, ignorable: true }),
          errorCode: t.int16(),
          errorMessage: t.string({ nullable: 0, default: null }),
        }),
      }),
      errorCode: t.int16(),
      errorMessage: t.string({ nullable: 0, default: null }),
    }),
  },
})

export type DescribeShareGroupOffsetsRequest = Infer<typeof DescribeShareGroupOffsetsApi.request>
export type DescribeShareGroupOffsetsResponse = Infer<typeof DescribeShareGroupOffsetsApi.response>

/** Tells where each share-partition stands, and how many records it has yet to deliver. */
export async function handleDescribeShareGroupOffsets(
  context: RequestContext,
  request: DescribeShareGroupOffsetsRequest,
) {
  const groups = request.groups.map(async ({ groupId, topics }) => {
    try {
      requireFeature(context.broker, 'share.version')
      requireGroupId(groupId)
      return { groupId, topics: await describeTopics(context, groupId, topics), ...FINE }
    } catch (error) {
      if (!(error instanceof KafkaError)) throw error
      return { groupId, topics: [], errorCode: error.code, errorMessage: error.message }
    }
  })
  return { throttleTimeMs: 0, groups: await Promise.all(groups) }
}

const FINE = { errorCode: ErrorCode.NONE, errorMessage: null }
const LATEST = -1

type Wanted = DescribeShareGroupOffsetsRequest['groups'][number]['topics']

async function describeTopics({ broker }: RequestContext, groupId: string, wanted: Wanted) {
  const known = await readShared(broker, groupId)
  if (known === undefined) throw new KafkaError(ErrorCode.GROUP_ID_NOT_FOUND, `Group ${groupId} not found.`)
  const all =
    wanted ?? known.shared.map(({ topicName, partitions }) => ({ topicName, partitions: [...partitions] }))
  return Promise.all(
    all.map(async ({ topicName, partitions }) => {
      const topicId = broker.cluster.topics.get(topicName)?.topicId
      const described = partitions.map((partitionIndex) =>
        topicId === undefined
          ? failed(partitionIndex, new KafkaError(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION))
          : describePartition(broker, { groupId, topicId, topicName, partitionIndex }),
      )
      return { topicName, topicId: topicId ?? ZERO_UUID, partitions: await Promise.all(described) }
    }),
  )
}

interface Asked {
  readonly groupId: string
  readonly topicId: string
  readonly topicName: string
  readonly partitionIndex: number
}

async function describePartition(broker: BrokerServices, asked: Asked) {
  const { groupId, topicId, partitionIndex } = asked
  try {
    const state = await broker.share.client.summary({ groupId, topicId, partition: partitionIndex })
    const { startOffset, leaderEpoch, deliveryCompleteCount } = state
    // Before the first fetch nobody knows where the group will begin.
    const isKnown = startOffset >= 0 && deliveryCompleteCount >= 0
    const lag = isKnown ? (await endOffset(broker, asked)) - startOffset - deliveryCompleteCount : -1
    return { partitionIndex, startOffset, leaderEpoch, lag: Math.max(lag, -1), ...FINE }
  } catch (error) {
    if (!(error instanceof KafkaError)) throw error
    return failed(partitionIndex, error)
  }
}

function failed(partitionIndex: number, { code, message }: KafkaError) {
  return { partitionIndex, startOffset: -1, leaderEpoch: 0, lag: -1, errorCode: code, errorMessage: message }
}

/** As consumers see it: only the leader knows. */
async function endOffset(broker: BrokerServices, { topicName, partitionIndex }: Asked): Promise<number> {
  const leader = broker.cluster.topics.get(topicName)?.partitions[partitionIndex]?.leader ?? -1
  if (leader < 0) throw new KafkaError(ErrorCode.LEADER_NOT_AVAILABLE)
  const { topics } = await broker.share.links.request(leader, ListOffsetsApi, {
    replicaId: -1,
    isolationLevel: 0,
    topics: [{ name: topicName, partitions: [{ partitionIndex, timestamp: LATEST }] }],
  })
  const found = topics[0]?.partitions[0]
  if (found === undefined || found.errorCode !== ErrorCode.NONE)
    throw new KafkaError(found?.errorCode ?? ErrorCode.UNKNOWN_SERVER_ERROR)
  return found.offset
}
