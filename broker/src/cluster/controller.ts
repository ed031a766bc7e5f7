/**
 * The controller: what an event does to the cluster. It changes nothing itself: it reads the image and answers with
 * the records to append and the reply to send once they are in the log. The image must hold all earlier entries, so
 * the shell decides, appends and applies one event after the other. Throws KafkaError if the whole event is refused.
 */
import {
  type AlterClientQuotasRequest,
  type AlteredClientQuota,
  alterClientQuotas,
} from './controller/alter-client-quotas.ts'
import {
  type AlterConfigsRequest,
  type AlteredConfig,
  type AlteredResource,
  alterConfigs,
  type IncrementallyAlteredConfig,
  incrementalAlterConfigs,
} from './controller/alter-configs.ts'
import {
  type AlterPartitionReply,
  type AlterPartitionRequest,
  alterPartition,
} from './controller/alter-partition.ts'
import {
  type AlteredScramUser,
  type AlterScramCredentialsRequest,
  alterScramCredentials,
} from './controller/alter-scram-credentials.ts'
import {
  type AssignReplicasToDirsReply,
  type AssignReplicasToDirsRequest,
  assignReplicasToDirs,
} from './controller/assign-replicas-to-dirs.ts'
import {
  type FenceBrokerRequest,
  fenceBroker,
  type HeartbeatReply,
  type HeartbeatRequest,
  heartbeat,
  type RegisterBrokerReply,
  type RegisterBrokerRequest,
  registerBroker,
  unregisterBroker,
} from './controller/brokers.ts'
import {
  type CreatePartitionsRequest,
  createPartitions,
  type GrownTopic,
} from './controller/create-partitions.ts'
import { type CreatedTopic, type CreateTopicsRequest, createTopics } from './controller/create-topics.ts'
import type { ControllerContext, Decision } from './controller/decision.ts'
import { type DeletedTopic, type DeleteTopicsRequest, deleteTopics } from './controller/delete-topics.ts'
import {
  balanceLeaders,
  type ElectedTopic,
  type ElectLeadersRequest,
  electLeaders,
} from './controller/elect-leaders.ts'
import {
  type AllocateProducerIdsReply,
  type AllocateProducerIdsRequest,
  allocateProducerIds,
} from './controller/producer-ids.ts'
import {
  type AlterReassignmentsRequest,
  alterPartitionReassignments,
  type ReassignedTopic,
} from './controller/reassignments.ts'
import { type UpdateFeaturesRequest, updateFeatures } from './controller/update-features.ts'
import type { ClusterView } from './image-types.ts'

/** Request and reply of every event. */
interface Events {
  registerBroker: { request: RegisterBrokerRequest; reply: RegisterBrokerReply }
  heartbeat: { request: HeartbeatRequest; reply: HeartbeatReply }
  /** A session ended, by silence or because the process died. */
  fenceBroker: { request: FenceBrokerRequest; reply: { readonly fenced: boolean } }
  unregisterBroker: { request: { readonly brokerId: number }; reply: null }
  alterPartition: { request: AlterPartitionRequest; reply: AlterPartitionReply }
  assignReplicasToDirs: { request: AssignReplicasToDirsRequest; reply: AssignReplicasToDirsReply }
  electLeaders: { request: ElectLeadersRequest; reply: readonly ElectedTopic[] }
  /** Comes every leader.imbalance.check.interval.seconds, and again at once while there is more to do. */
  balanceLeaders: {
    request: Readonly<Record<never, never>>
    reply: { readonly elected: number; readonly more: boolean }
  }
  alterPartitionReassignments: { request: AlterReassignmentsRequest; reply: readonly ReassignedTopic[] }
  createTopics: { request: CreateTopicsRequest; reply: readonly CreatedTopic[] }
  deleteTopics: { request: DeleteTopicsRequest; reply: readonly DeletedTopic[] }
  createPartitions: { request: CreatePartitionsRequest; reply: readonly GrownTopic[] }
  alterConfigs: { request: AlterConfigsRequest<AlteredConfig>; reply: readonly AlteredResource[] }
  incrementalAlterConfigs: {
    request: AlterConfigsRequest<IncrementallyAlteredConfig>
    reply: readonly AlteredResource[]
  }
  alterClientQuotas: { request: AlterClientQuotasRequest; reply: readonly AlteredClientQuota[] }
  alterScramCredentials: { request: AlterScramCredentialsRequest; reply: readonly AlteredScramUser[] }
  allocateProducerIds: { request: AllocateProducerIdsRequest; reply: AllocateProducerIdsReply }
  updateFeatures: { request: UpdateFeaturesRequest; reply: null }
}

export type ControllerEventType = keyof Events
export type ControllerRequest<K extends ControllerEventType> = Events[K]['request']
export type ControllerReply<K extends ControllerEventType> = Events[K]['reply']

export interface ControllerEvent<K extends ControllerEventType> {
  readonly type: K
  readonly request: ControllerRequest<K>
}

type Handlers = {
  readonly [K in ControllerEventType]: (
    view: ClusterView,
    request: ControllerRequest<K>,
    context: ControllerContext,
  ) => Decision<ControllerReply<K>>
}

const HANDLERS: Handlers = {
  registerBroker,
  heartbeat,
  fenceBroker,
  unregisterBroker,
  alterPartition,
  assignReplicasToDirs,
  electLeaders,
  balanceLeaders,
  alterPartitionReassignments,
  createTopics,
  deleteTopics,
  createPartitions,
  alterConfigs,
  incrementalAlterConfigs,
  alterClientQuotas,
  alterScramCredentials,
  allocateProducerIds,
  updateFeatures,
}

export function decide<K extends ControllerEventType>(
  view: ClusterView,
  { type, request }: ControllerEvent<K>,
  context: ControllerContext,
): Decision<ControllerReply<K>> {
  return HANDLERS[type](view, request, context)
}
