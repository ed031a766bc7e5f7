/**
 * AssignReplicasToDirs (73): a broker tells the controller in which log directory its replicas are (KIP-858). Of those in
 * the directory LOST the log went offline.
 */
import type { RequestContext } from '../server/context.ts'
import type { Infer } from '../wire/index.ts'
import { defineApi, ErrorCode, t } from '../wire/index.ts'
import { errorCodeOf } from './cluster-facts.ts'

export const AssignReplicasToDirsApi = defineApi({
  key: 73,
  name: 'AssignReplicasToDirs',
  versions: [0, 0],
  flexible: 0,
  request: {
    brokerId: t.int32(),
    brokerEpoch: t.int64({ default: -1 }),
    directories: t.array({
      id: t.uuid(),
      topics: t.array({ topicId: t.uuid(), partitions: t.array({ partitionIndex: t.int32() }) }),
    }),
  },
  response: {
    throttleTimeMs: t.int32({ default: 0 }),
    errorCode: t.int16(),
    directories: t.array({
      id: t.uuid(),
      topics: t.array({
        topicId: t.uuid(),
        partitions: t.array({ partitionIndex: t.int32(), errorCode: t.int16() }),
      }),
    }),
  },
})

export type AssignReplicasToDirsRequest = Infer<typeof AssignReplicasToDirsApi.request>
export type AssignReplicasToDirsResponse = Infer<typeof AssignReplicasToDirsApi.response>

/** Answers when the controller has committed what follows from it. */
export async function handleAssignReplicasToDirs(
  context: RequestContext,
  request: AssignReplicasToDirsRequest,
) {
  try {
    const reply = await context.broker.controller.submit('assignReplicasToDirs', request)
    return { throttleTimeMs: 0, errorCode: ErrorCode.NONE, ...reply }
  } catch (error) {
    return { throttleTimeMs: 0, errorCode: errorCodeOf(error), directories: [] }
  }
}
