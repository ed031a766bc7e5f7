/**
 * WriteTxnMarkers (27): ends transactions on partitions (KIP-98), for the transaction coordinator; and for an
 * administrator who ends one that hangs (KIP-664).
 *
 * - 1: flexible; 2: the transaction's version (KIP-1228)
 */
import type { RequestContext } from '../server/context.ts'
import type { Infer } from '../wire/index.ts'
import { defineApi, t } from '../wire/index.ts'

export const WriteTxnMarkersApi = defineApi({
  key: 27,
  name: 'WriteTxnMarkers',
  versions: [1, 2],
  flexible: 1,
  request: {
    markers: t.array({
      producerId: t.int64(),
      producerEpoch: t.int16(),
      transactionResult: t.bool(),
      topics: t.array({ name: t.string(), partitionIndexes: t.array(t.int32()) }),
      coordinatorEpoch: t.int32(),
      transactionVersion: t.int8({ since: 2, default: 0, ignorable: true }),
    }),
  },
  response: {
    markers: t.array({
      producerId: t.int64(),
      topics: t.array({
        name: t.string(),
        partitions: t.array({ partitionIndex: t.int32(), errorCode: t.int16() }),
      }),
    }),
  },
})

export type WriteTxnMarkersRequest = Infer<typeof WriteTxnMarkersApi.request>
export type WriteTxnMarkersResponse = Infer<typeof WriteTxnMarkersApi.response>

/** Answers when every marker is written and replicated, or cannot be. */
export async function handleWriteTxnMarkers(context: RequestContext, request: WriteTxnMarkersRequest) {
  const markers = await Promise.all(request.markers.map((marker) => writeOne(context, marker)))
  return { markers }
}

const TIMEOUT_MS = 30_000

async function writeOne(context: RequestContext, wanted: WriteTxnMarkersRequest['markers'][number]) {
  const { topics: wantedTopics, transactionResult: isCommit, ...rest } = wanted
  const marker = { ...rest, isCommit }
  const { markerWriter } = context.broker
  const topics = await Promise.all(
    wantedTopics.map(async ({ name, partitionIndexes }) => ({
      name,
      partitions: await Promise.all(
        partitionIndexes.map(async (partitionIndex) => ({
          partitionIndex,
          errorCode: await markerWriter.write(name, partitionIndex, marker, TIMEOUT_MS),
        })),
      ),
    })),
  )
  return { producerId: wanted.producerId, topics }
}
