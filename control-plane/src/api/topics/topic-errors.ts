import { KafkaAdminError } from '../../kafka/admin.ts'
import { MskError, type MskErrorCode, notFound } from '../http/errors.ts'

/** Kafka's refusals in MSK's words; a request that Kafka did not like for another reason is told as Kafka said it. */
export async function inMskWords<T>(task: () => Promise<T>): Promise<T> {
  try {
    return await task()
  } catch (error) {
    throw error instanceof KafkaAdminError ? asMskError(error) : error
  }
}

export function topicNotFound(topicName: string): MskError {
  return notFound(`The topic ${topicName} does not exist.`, 'topicName')
}

function asMskError({ code, message }: KafkaAdminError): MskError {
  if (code === 'UNKNOWN_TOPIC_OR_PARTITION') return notFound('The topic does not exist.', 'topicName')
  const [name, parameter] = ERRORS[code] ?? (['KafkaRequestException'] as const)
  return new MskError(name, message, parameter)
}

const ERRORS: Readonly<Record<string, readonly [code: MskErrorCode, parameter?: string]>> = {
  TOPIC_ALREADY_EXISTS: ['TopicExistsException', 'topicName'],
  INVALID_TOPIC_EXCEPTION: ['BadRequestException', 'topicName'],
  INVALID_PARTITIONS: ['BadRequestException', 'partitionCount'],
  INVALID_REPLICATION_FACTOR: ['BadRequestException', 'replicationFactor'],
  INVALID_CONFIG: ['BadRequestException', 'configs'],
  POLICY_VIOLATION: ['ForbiddenException'],
  TOPIC_AUTHORIZATION_FAILED: ['ForbiddenException'],
  CLUSTER_AUTHORIZATION_FAILED: ['ForbiddenException'],
  REASSIGNMENT_IN_PROGRESS: ['ReassignmentInProgressException'],
  NOT_CONTROLLER: ['NotControllerException'],
  STALE_CONTROLLER_EPOCH: ['ControllerMovedException'],
  GROUP_SUBSCRIBED_TO_TOPIC: ['GroupSubscribedToTopicException'],
  REQUEST_TIMED_OUT: ['KafkaTimeoutException'],
  UNREACHABLE: ['ClusterConnectivityException'],
}
