/** ElectLeaders (43, KIP-460), and what does the same for preferred leaders without being asked. */
import { ErrorCode, KafkaError } from '../../wire/errors.ts'
import { type ClusterView, isActive, type PartitionImage, type TopicImage } from '../image-types.ts'
import { NO_LEADER, type RecordOf } from '../records.ts'
import { attempt, type ControllerContext, type Decision, failure, type Outcome, SUCCESS } from './decision.ts'
import { partitionRules } from './elections.ts'
import { changePartition } from './partition-change.ts'
import { type TopicRules, topicRules } from './topic-rules.ts'

/** Codes of the ElectLeaders API. */
export const ElectionType = { PREFERRED: 0, UNCLEAN: 1 } as const

export function isElectionType(code: number): boolean {
  return code === ElectionType.PREFERRED || code === ElectionType.UNCLEAN
}

export interface ElectLeadersRequest {
  readonly electionType: number
  /** Null stands for all partitions of all topics. */
  readonly topics: readonly { readonly topic: string; readonly partitions: readonly number[] }[] | null
}

export interface ElectedTopic {
  readonly topic: string
  readonly partitions: readonly (Outcome & { readonly partitionId: number })[]
}

export function electLeaders(
  view: ClusterView,
  { electionType, topics }: ElectLeadersRequest,
  context: ControllerContext,
): Decision<readonly ElectedTopic[]> {
  if (!isElectionType(electionType))
    throw new KafkaError(ErrorCode.INVALID_REQUEST, `Unknown election type ${electionType}`)
  const rulesOf = topicRules(view, context.staticOverrides)
  const records = new Map<string, RecordOf<'PartitionChange'>>()
  const elected = (topics ?? everything(view)).map(({ topic, partitions }) => ({
    topic,
    partitions: partitions.map((partitionId) => {
      const outcome = attempt(() => {
        records.set(`${topic}-${partitionId}`, elect(view, topic, partitionId, electionType, rulesOf))
        return SUCCESS
      }, failure)
      return { partitionId, ...outcome }
    }),
  }))
  // Who asks for everything wants to hear of what there was to do.
  const reply = topics === null ? withoutUnneeded(elected) : elected
  return { records: [...records.values()], reply }
}

const ELECTIONS_MAX = 1000

/** Gives leadership back to preferred replicas, where too much of it is elsewhere; `more` if there is more to do. */
export function balanceLeaders(
  view: ClusterView,
  _request: Readonly<Record<never, never>>,
  context: ControllerContext,
): Decision<{ readonly elected: number; readonly more: boolean }> {
  const { settings, staticOverrides } = context
  if (!settings['auto.leader.rebalance.enable']) return { records: [], reply: { elected: 0, more: false } }
  const imbalanced = imbalancedBrokers(view, settings['leader.imbalance.per.broker.percentage'])
  const rulesOf = topicRules(view, staticOverrides)
  const records: RecordOf<'PartitionChange'>[] = []
  for (const topic of view.topics.values()) {
    for (const partition of topic.partitions) {
      const [preferred] = partition.replicas
      if (preferred === undefined || partition.leader === preferred || !imbalanced.has(preferred)) continue
      if (records.length === ELECTIONS_MAX) return { records, reply: { elected: records.length, more: true } }
      const record = change(view, topic, partition, rulesOf(topic.name), 'PREFERRED')
      if (record !== undefined) records.push(record)
    }
  }
  return { records, reply: { elected: records.length, more: false } }
}

/** Brokers that lead too few of the partitions that prefer them. */
function imbalancedBrokers(view: ClusterView, percentage: number): ReadonlySet<number> {
  const away = new Map<number, number>()
  for (const { partitions } of view.topics.values()) {
    for (const { replicas, leader } of partitions) {
      const [preferred] = replicas
      if (preferred !== undefined && leader !== preferred) away.set(preferred, (away.get(preferred) ?? 0) + 1)
    }
  }
  const isImbalanced = ([brokerId, count]: [number, number]) =>
    count * 100 > view.load(brokerId).preferredLeaders * percentage
  return new Set([...away].filter(isImbalanced).map(([brokerId]) => brokerId))
}

function elect(
  view: ClusterView,
  topicName: string,
  partitionId: number,
  electionType: number,
  rulesOf: (topicName: string) => TopicRules,
): RecordOf<'PartitionChange'> {
  const topic = view.topics.get(topicName)
  if (topic === undefined) throw unknown(`No such topic as ${topicName}`)
  const partition = topic.partitions[partitionId]
  if (partition === undefined) throw unknown(`No such partition as ${topicName}-${partitionId}`)
  const isPreferred = electionType === ElectionType.PREFERRED
  const hasLeader = isPreferred ? partition.leader === partition.replicas[0] : partition.leader !== NO_LEADER
  if (hasLeader) {
    throw new KafkaError(ErrorCode.ELECTION_NOT_NEEDED, 'Leader election not needed for topic partition.')
  }
  const election = isPreferred ? 'PREFERRED' : 'UNCLEAN'
  const record = change(view, topic, partition, rulesOf(topicName), election)
  if (record !== undefined) return record
  throw isPreferred
    ? new KafkaError(ErrorCode.PREFERRED_LEADER_NOT_AVAILABLE, 'The preferred leader was not available.')
    : new KafkaError(
        ErrorCode.ELIGIBLE_LEADERS_NOT_AVAILABLE,
        'Eligible topic partition leaders are not available.',
      )
}

function change(
  view: ClusterView,
  { topicId }: TopicImage,
  partition: PartitionImage,
  rules: TopicRules,
  election: 'PREFERRED' | 'UNCLEAN',
) {
  const mayLead = (id: number) => isActive(view.brokers.get(id))
  return changePartition(topicId, partition, {}, partitionRules(rules, mayLead, election))
}

function everything(view: ClusterView) {
  return [...view.topics.values()].map(({ name, partitions }) => ({
    topic: name,
    partitions: partitions.map(({ partitionId }) => partitionId),
  }))
}

function withoutUnneeded(topics: readonly ElectedTopic[]): ElectedTopic[] {
  return topics.map(({ topic, partitions }) => ({
    topic,
    partitions: partitions.filter(({ errorCode }) => errorCode !== ErrorCode.ELECTION_NOT_NEEDED),
  }))
}

function unknown(message: string): KafkaError {
  return new KafkaError(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, message)
}
