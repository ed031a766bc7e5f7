/** Who is in sync and who leads when brokers come and go (KIP-631, KIP-966). */
import { type ClusterView, isActive, type PartitionImage, type TopicImage } from '../image-types.ts'
import { NO_LEADER, type RecordOf } from '../records.ts'
import type { ControllerContext } from './decision.ts'
import {
  changePartition,
  type Election,
  type PartitionDraft,
  type PartitionRules,
} from './partition-change.ts'
import { type TopicRules, topicRules } from './topic-rules.ts'

type Changes = RecordOf<'PartitionChange'>[]

/** A broker stops working: it leaves every ISR, and leads nothing any more. */
export function changesWithoutBroker(
  view: ClusterView,
  context: ControllerContext,
  brokerId: number,
): Changes {
  const mayLead = (id: number) => id !== brokerId && isActive(view.brokers.get(id))
  return changes(view, context, mayLead, ({ isr }) =>
    isr.includes(brokerId) ? { isr: isr.filter((id) => id !== brokerId) } : undefined,
  )
}

/** A broker may have lost records, even those that it had confirmed: nobody may count on its replicas any more. */
export function changesAfterLoss(view: ClusterView, context: ControllerContext, brokerId: number): Changes {
  const mayLead = (id: number) => id !== brokerId && isActive(view.brokers.get(id))
  return changes(view, context, mayLead, ({ isr, eligibleLeaderReplicas, offlineReplicas }) =>
    [isr, eligibleLeaderReplicas, offlineReplicas].some((ids) => ids.includes(brokerId))
      ? { uncleanReplicas: [brokerId], offlineReplicas: offlineReplicas.filter((id) => id !== brokerId) }
      : undefined,
  )
}

/** Whether a log of the broker went offline under its present registration. */
export function hasOfflineReplica(view: ClusterView, brokerId: number): boolean {
  for (const { partitions } of view.topics.values()) {
    if (partitions.some(({ offlineReplicas }) => offlineReplicas.includes(brokerId))) return true
  }
  return false
}

/** A broker begins to work: it leads what has no leader, if it may. Followers join the ISR later, by catching up. */
export function changesWithBroker(view: ClusterView, context: ControllerContext, brokerId: number): Changes {
  const mayLead = (id: number) => id === brokerId || isActive(view.brokers.get(id))
  return changes(view, context, mayLead, ({ leader, replicas }) =>
    leader === NO_LEADER && replicas.includes(brokerId) ? {} : undefined,
  )
}

/** The rules of a topic changed: who was eligible may not be any more, who may not lead now may. */
export function changesWithRules(
  view: ClusterView,
  topics: Iterable<TopicImage>,
  rulesOf: (topicName: string) => TopicRules,
): Changes {
  const mayLead = (id: number) => isActive(view.brokers.get(id))
  return [...topics].flatMap((topic) => {
    const rules = partitionRules(rulesOf(topic.name), mayLead)
    return topic.partitions.flatMap((before) => changePartition(topic.topicId, before, {}, rules) ?? [])
  })
}

export function leadsAny(view: ClusterView, brokerId: number): boolean {
  for (const { partitions } of view.topics.values()) {
    if (partitions.some(({ leader }) => leader === brokerId)) return true
  }
  return false
}

/** How a partition of the topic gets a leader when nobody asks for a certain one. */
export function partitionRules(
  { minInsyncReplicas, uncleanElectionEnabled }: TopicRules,
  mayLead: PartitionRules['mayLead'],
  election: Election = uncleanElectionEnabled ? 'UNCLEAN' : 'ONLINE',
): PartitionRules {
  return { minInsyncReplicas, mayLead, election }
}

function changes(
  view: ClusterView,
  { staticOverrides }: ControllerContext,
  mayLead: PartitionRules['mayLead'],
  draftOf: (partition: PartitionImage) => PartitionDraft | undefined,
): Changes {
  const rulesOf = topicRules(view, staticOverrides)
  const records: Changes = []
  for (const { name, topicId, partitions } of view.topics.values()) {
    let rules: PartitionRules | undefined
    for (const before of partitions) {
      const draft = draftOf(before)
      if (draft === undefined) continue
      rules ??= partitionRules(rulesOf(name), mayLead)
      const record = changePartition(topicId, before, draft, rules)
      if (record !== undefined) records.push(record)
    }
  }
  return records
}
