/**
 * DeleteShareGroupOffsets (92): forgets what an empty share group has of topics (KIP-932).
 */
import type { Infer } from '../wire/index.ts'
import { defineApi, t } from '../wire/index.ts'

export const DeleteShareGroupOffsetsApi = defineApi({
  key: 92,
  name: 'DeleteShareGroupOffsets',
  versions: [0, 0],
  flexible: 0,
  request: { groupId: t.string(), topics: t.array({ topicName: t.string() }) },
  response: {
    throttleTimeMs: t.int32({ default: 0 }),
    errorCode: t.int16(),
    errorMessage: t.string({ nullable: 0, default: null }),
    responses: t.array({
      topicName: t.string(),
      topicId: t.uuid(),
      errorCode: t.int16(),
      errorMessage: t.string({ nullable: 0, default: null }),
    }),
  },
})

export type DeleteShareGroupOffsetsRequest = Infer<typeof DeleteShareGroupOffsetsApi.request>
export type DeleteShareGroupOffsetsResponse = Infer<typeof DeleteShareGroupOffsetsApi.response>
