/** DeleteTopics (20), by name or by id. */
import { ErrorCode, KafkaError } from '../../wire/errors.ts'
import { ZERO_UUID } from '../../wire/uuid.ts'
import type { ClusterView, TopicImage } from '../image-types.ts'
import type { MetadataRecord } from '../records.ts'
import {
  attempt,
  type ControllerContext,
  type CountMutations,
  type Decision,
  failure,
  type Outcome,
  repeated,
  SUCCESS,
} from './decision.ts'

/** Either a name, or null and an id. */
export interface DeletableTopic {
  readonly name: string | null
  readonly topicId: string
}

export interface DeleteTopicsRequest {
  readonly topics: readonly DeletableTopic[]
  readonly countMutations?: CountMutations
}

export interface DeletedTopic extends DeletableTopic, Outcome {}

export function deleteTopics(
  view: ClusterView,
  { topics, countMutations }: DeleteTopicsRequest,
  context: ControllerContext,
): Decision<readonly DeletedTopic[]> {
  const duplicateNames = repeated(topics.flatMap(({ name }) => (name === null ? [] : [name])))
  const duplicateIds = repeated(topics.flatMap(({ topicId }) => (topicId === ZERO_UUID ? [] : [topicId])))
  const deleted = new Set<TopicImage>()
  const reply = eachOnce(topics).map((asked) =>
    attempt(
      () => {
        checkEnabled(context)
        const isDuplicate =
          asked.name === null ? duplicateIds.has(asked.topicId) : duplicateNames.has(asked.name)
        if (isDuplicate) throw invalid(`Duplicate topic ${asked.name === null ? 'id' : 'name'}.`)
        const topic = find(view, asked)
        if (deleted.has(topic)) {
          throw invalid('The provided topic name maps to an ID that was already supplied.')
        }
        countMutations?.(topic.partitions.length)
        deleted.add(topic)
        return { name: topic.name, topicId: topic.topicId, ...SUCCESS }
      },
      (error) => ({ ...asked, ...failure(error) }),
    ),
  )
  const records = [...deleted].map(({ topicId }): MetadataRecord => ({ type: 'RemoveTopic', topicId }))
  return { records, reply }
}

/** What was asked for twice is answered once. */
function eachOnce(topics: readonly DeletableTopic[]): DeletableTopic[] {
  return [...new Map(topics.map((topic) => [`${topic.topicId} ${topic.name}`, topic])).values()]
}

function checkEnabled({ settings }: ControllerContext): void {
  if (settings['delete.topic.enable']) return
  throw new KafkaError(ErrorCode.TOPIC_DELETION_DISABLED, 'Topic deletion is disabled.')
}

function find(view: ClusterView, { name, topicId }: DeletableTopic): TopicImage {
  if (name !== null && topicId !== ZERO_UUID)
    throw invalid('You may not specify both topic name and topic id.')
  if (name === null && topicId === ZERO_UUID) throw invalid('Neither topic name nor id were specified.')
  const topic = name === null ? view.topicsById.get(topicId) : view.topics.get(name)
  if (topic !== undefined) return topic
  throw name === null
    ? new KafkaError(ErrorCode.UNKNOWN_TOPIC_ID, 'This server does not host this topic ID.')
    : new KafkaError(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, 'This server does not host this topic-partition.')
}

function invalid(message: string): KafkaError {
  return new KafkaError(ErrorCode.INVALID_REQUEST, message)
}
