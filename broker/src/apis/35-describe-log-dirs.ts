/**
 * DescribeLogDirs (35): the folders of a broker and the size of each partition in them (KIP-113).
 *
 * - 1: throttling after the response (KIP-219); 2: flexible; 3: top-level error (KIP-784)
 * - 4: size of the volume (KIP-827); 5: isCordoned (KIP-1066)
 */
import type { RequestContext } from '../server/context.ts'
import type { Infer } from '../wire/index.ts'
import { defineApi, ErrorCode, t } from '../wire/index.ts'

export const DescribeLogDirsApi = defineApi({
  key: 35,
  name: 'DescribeLogDirs',
  versions: [1, 5],
  flexible: 2,
  request: {
    topics: t.array({ topic: t.string(), partitions: t.array(t.int32()) }, { nullable: 0 }),
  },
  response: {
    throttleTimeMs: t.int32({ default: 0 }),
    errorCode: t.int16({ since: 3, ignorable: true }),
    results: t.array({
      errorCode: t.int16(),
      logDir: t.string(),
      topics: t.array({
        name: t.string(),
        partitions: t.array({
          partitionIndex: t.int32(),
          partitionSize: t.int64(),
          offsetLag: t.int64(),
          isFutureKey: t.bool(),
        }),
      }),
      totalBytes: t.int64({ since: 4, default: -1, ignorable: true }),
      usableBytes: t.int64({ since: 4, default: -1, ignorable: true }),
      isCordoned: t.bool({ since: 5, ignorable: true }),
    }),
  },
})

export type DescribeLogDirsRequest = Infer<typeof DescribeLogDirsApi.request>
export type DescribeLogDirsResponse = Infer<typeof DescribeLogDirsApi.response>

/** Tells where partitions lie on disk and how large they are. */
export function handleDescribeLogDirs(context: RequestContext, request: DescribeLogDirsRequest) {
  const { replicas, config, runtime } = context.broker
  const sizes = new Map<
    string,
    { partitionIndex: number; partitionSize: number; offsetLag: number; isFutureKey: boolean }[]
  >()
  for (const partition of replicas.all()) {
    if (!isWanted(request, partition.topic, partition.index)) continue
    const entry = {
      partitionIndex: partition.index,
      partitionSize: partition.log.sizeBytes,
      offsetLag: 0,
      isFutureKey: false,
    }
    const entries = sizes.get(partition.topic)
    if (entries === undefined) sizes.set(partition.topic, [entry])
    else entries.push(entry)
  }
  const topics = [...sizes].map(([name, partitions]) => ({ name, partitions }))
  const { totalBytes, usableBytes } = runtime.disk.space(config.logDir)
  const result = { errorCode: ErrorCode.NONE, logDir: config.logDir, topics, totalBytes, usableBytes }
  return { throttleTimeMs: 0, errorCode: ErrorCode.NONE, results: [result] }
}

function isWanted(request: DescribeLogDirsRequest, topic: string, index: number): boolean {
  if (request.topics === null) return true
  return request.topics.some((wanted) => wanted.topic === topic && wanted.partitions.includes(index))
}
