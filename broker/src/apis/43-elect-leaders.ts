/**
 * ElectLeaders (43): partitions get their preferred leader back, or any leader at all where no clean one is left
 * (KIP-183).
 *
 * - 1: the type of election, a top level error (KIP-460); 2: flexible
 */
import { isElectionType } from '../cluster/index.ts'
import type { RequestContext } from '../server/context.ts'
import type { Infer } from '../wire/index.ts'
import { defineApi, ErrorCode, t } from '../wire/index.ts'
import { refusalOf } from './cluster-facts.ts'

export const ElectLeadersApi = defineApi({
  key: 43,
  name: 'ElectLeaders',
  versions: [0, 2],
  flexible: 2,
  request: {
    electionType: t.int8({ since: 1 }),
    topicPartitions: t.array({ topic: t.string(), partitions: t.array(t.int32()) }, { nullable: 0 }),
    timeoutMs: t.int32({ default: 60000 }),
  },
  response: {
    throttleTimeMs: t.int32({ default: 0 }),
    errorCode: t.int16({ since: 1 }),
    replicaElectionResults: t.array({
      topic: t.string(),
      partitionResult: t.array({
        partitionId: t.int32(),
        errorCode: t.int16(),
        errorMessage: t.string({ nullable: 0 }),
      }),
    }),
  },
})

export type ElectLeadersRequest = Infer<typeof ElectLeadersApi.request>
export type ElectLeadersResponse = Infer<typeof ElectLeadersApi.response>

/** Elects leaders; answers when the controller has committed them. */
export async function handleElectLeaders(context: RequestContext, request: ElectLeadersRequest) {
  const { electionType, topicPartitions: topics } = request
  if (!isElectionType(electionType)) return unknownElection(context, request)
  try {
    const elected = await context.broker.controller.submit('electLeaders', { electionType, topics })
    return answer(
      context,
      ErrorCode.NONE,
      elected.map(({ topic, partitions }) => ({ topic, partitionResult: partitions })),
    )
  } catch (error) {
    return answer(context, refusalOf(error).code, [])
  }
}

/** Refused partition by partition, and so not at all where there are none. */
function unknownElection(context: RequestContext, { electionType, topicPartitions }: ElectLeadersRequest) {
  const { INVALID_REQUEST: errorCode, NONE } = ErrorCode
  const errorMessage = `Unknown election type ${electionType}`
  const results = (topicPartitions ?? []).map(({ topic, partitions }) => ({
    topic,
    partitionResult: partitions.map((partitionId) => ({ partitionId, errorCode, errorMessage })),
  }))
  return answer(context, topicPartitions?.length === 0 ? NONE : errorCode, results)
}

function answer<Results>(context: RequestContext, errorCode: number, replicaElectionResults: Results) {
  const topLevel = context.apiVersion >= ERROR_SINCE ? { errorCode } : {}
  return { throttleTimeMs: 0, ...topLevel, replicaElectionResults }
}

const ERROR_SINCE = 1
