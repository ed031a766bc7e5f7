/**
 * AlterShareGroupOffsets (91): moves an empty share group to other offsets (KIP-932).
 */
import type { Infer } from '../wire/index.ts'
import { defineApi, t } from '../wire/index.ts'

export const AlterShareGroupOffsetsApi = defineApi({
  key: 91,
  name: 'AlterShareGroupOffsets',
  versions: [0, 0],
  flexible: 0,
  request: {
    groupId: t.string(),
    topics: t.array({
      topicName: t.string(),
      partitions: t.array({ partitionIndex: t.int32(), startOffset: t.int64() }),
    }),
  },
  response: {
    throttleTimeMs: t.int32({ default: 0 }),
    errorCode: t.int16(),
    errorMessage: t.string({ nullable: 0, default: null }),
    responses: t.array({
      topicName: t.string(),
      topicId: t.uuid(),
      partitions: t.array({
        partitionIndex: t.int32(),
        errorCode: t.int16(),
        errorMessage: t.string({ nullable: 0, default: null }),
      }),
    }),
  },
})

export type AlterShareGroupOffsetsRequest = Infer<typeof AlterShareGroupOffsetsApi.request>
export type AlterShareGroupOffsetsResponse = Infer<typeof AlterShareGroupOffsetsApi.response>
