/** A member of the classic protocol as a consumer group sees it. */
import type { Protocol } from '../../classic/member.ts'
import type { Partitions, TopicPartitions } from '../../target/partitions.ts'
import { addTo, toEntries } from '../../target/partitions.ts'
import type { TopicsView } from '../../target/topics-view.ts'
import type { MemberMetadata } from '../member.ts'
import { type EmbeddedSubscription, type NamedPartitions, readSubscription } from './embedded-protocol.ts'

export interface ClassicIdentity {
  readonly groupInstanceId: string | null
  readonly clientId: string
  readonly clientHost: string
  readonly rebalanceTimeoutMs: number
  readonly sessionTimeoutMs: number
}

/** Null unless the bytes are subscriptions of consumers. */
export function subscriptionIn(protocols: readonly Protocol[]): EmbeddedSubscription | null {
  const [first] = protocols
  return first ? readSubscription(first.metadata) : null
}

export function classicMetadata(
  identity: ClassicIdentity,
  protocols: readonly Protocol[],
  subscription: EmbeddedSubscription,
): MemberMetadata {
  return {
    groupInstanceId: identity.groupInstanceId,
    rackId: subscription.rackId,
    clientId: identity.clientId,
    clientHost: identity.clientHost,
    subscribedTopicNames: [...new Set(subscription.topics)].sort(),
    subscribedTopicRegex: null,
    rebalanceTimeoutMs: identity.rebalanceTimeoutMs,
    serverAssignor: null,
    classic: { sessionTimeoutMs: identity.sessionTimeoutMs, supportedProtocols: protocols },
  }
}

/** Topics that do not exist any more are left out. */
export function byTopicId(topics: TopicsView, named: readonly NamedPartitions[]): TopicPartitions {
  const result = new Map<string, Set<number>>()
  for (const { topic, partitions } of named) {
    const topicId = topics.byName(topic)?.topicId
    if (topicId === undefined) continue
    for (const partition of partitions) addTo(result, topicId, partition)
  }
  return result
}

export function byTopicName(topics: TopicsView, partitions: Partitions): NamedPartitions[] {
  return toEntries(partitions).flatMap((entry) => {
    const topic = topics.byId(entry.topicId)?.name
    return topic === undefined ? [] : [{ topic, partitions: entry.partitions }]
  })
}
