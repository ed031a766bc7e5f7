import type { SessionRequest } from './fetch-session.ts'
import type { Followed } from './followed.ts'
import type { FetchDraft } from './leader-connection.ts'

interface Limits {
  readonly minBytes: number
  readonly partitionBytesMax: number
  readonly responseBytesMax: number
}

/** A follower's fetch, by topic. Each partition remembers the offset that it was asked for. */
export function fetchRequest(
  { sessionId, sessionEpoch, wanted, forgotten }: SessionRequest<Followed>,
  replica: { readonly brokerId: number; readonly brokerEpoch: number },
  limits: Limits,
  maxWaitMs: number,
): FetchDraft {
  const { brokerId: replicaId, brokerEpoch: replicaEpoch } = replica
  return {
    replicaState: { replicaId, replicaEpoch },
    maxWaitMs,
    minBytes: limits.minBytes,
    maxBytes: limits.responseBytesMax,
    isolationLevel: 0,
    sessionId,
    sessionEpoch,
    topics: byTopic(wanted, (followed) => followed.position(limits.partitionBytesMax)),
    forgottenTopicsData: byTopic(forgotten, ({ partition }) => partition.index),
    rackId: '',
  }
}

function byTopic<Item>(members: readonly Followed[], toItem: (followed: Followed) => Item) {
  const topics = new Map<string, { topicId: string; partitions: Item[] }>()
  for (const followed of members) {
    const { topicId } = followed.partition
    const topic = topics.get(topicId)
    if (topic === undefined) topics.set(topicId, { topicId, partitions: [toItem(followed)] })
    else topic.partitions.push(toItem(followed))
  }
  return [...topics.values()]
}
