/**
 * DescribeShareGroupOffsets (90): from where on share groups have records in delivery (KIP-932).
 *
 * - 1: lag (KIP-1226)
 */
import type { Infer } from '../wire/index.ts'
import { defineApi, t } from '../wire/index.ts'

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
