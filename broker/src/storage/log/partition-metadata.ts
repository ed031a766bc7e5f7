/** `partition.metadata`: which incarnation of a topic the folder belongs to. */
import { isUuid } from '../../wire/index.ts'

export function encodePartitionMetadata(topicId: string): Buffer {
  return Buffer.from(`version: 0\ntopic_id: ${topicId}`)
}

/** The topic id, or undefined if the text is not whole. */
export function decodePartitionMetadata(text: string): string | undefined {
  const match = /^version: 0\ntopic_id: (\S+)\n?$/.exec(text)
  const topicId = match?.[1]
  return topicId !== undefined && isUuid(topicId) ? topicId : undefined
}
