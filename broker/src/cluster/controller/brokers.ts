/** Brokers come, report, go and die: BrokerRegistration (62), BrokerHeartbeat (63), UnregisterBroker (64). */
import { ErrorCode, KafkaError } from '../../wire/errors.ts'
import { ZERO_UUID } from '../../wire/uuid.ts'
import type { BrokerRegistration, ClusterView, Endpoint } from '../image-types.ts'
import { ConfigResourceType, type MetadataRecord } from '../records.ts'
import type { ControllerContext, Decision } from './decision.ts'
import {
  changesAfterLoss,
  changesWithBroker,
  changesWithoutBroker,
  hasOfflineReplica,
  leadsAny,
} from './elections.ts'
import { MIN_INSYNC_REPLICAS, topicRules } from './topic-rules.ts'

export interface RegisterBrokerRequest {
  readonly brokerId: number
  readonly clusterId: string
  /** New for each start of the process. */
  readonly incarnationId: string
  readonly rack: string | null
  readonly endpoints: readonly Endpoint[]
  /**
   * The registration under which this log directory was last used, if nothing written then was lost: after a clean
   * shutdown, or when only the process died and the operating system went on, so that what was written is still
   * there. Whoever cannot prove it says -1, and its replicas have to catch up before they count again.
   */
  readonly previousBrokerEpoch: number
}

export interface RegisterBrokerReply {
  readonly brokerEpoch: number
}

export interface HeartbeatRequest {
  readonly brokerId: number
  readonly brokerEpoch: number
  /** The last log entry that the broker has applied. */
  readonly currentMetadataOffset: number
  readonly wantFence: boolean
  readonly wantShutDown: boolean
}

export interface HeartbeatReply {
  readonly isCaughtUp: boolean
  readonly isFenced: boolean
  readonly shouldShutDown: boolean
}

export interface FenceBrokerRequest {
  readonly brokerId: number
  /** Only this registration is meant: word of a death may come after the broker is back. */
  readonly brokerEpoch: number
}

/** A broker starts fenced; its epoch is the index of the log entry that registers it. */
export function registerBroker(
  view: ClusterView,
  request: RegisterBrokerRequest,
  context: ControllerContext,
): Decision<RegisterBrokerReply> {
  checkRegistration(request, context)
  const { brokerId, incarnationId, rack, endpoints } = request
  const known = view.brokers.get(brokerId)
  const isSame = known?.incarnationId === incarnationId
  if (known !== undefined && !isSame && context.hasSession(brokerId, known.brokerEpoch)) {
    throw new KafkaError(
      ErrorCode.DUPLICATE_BROKER_REGISTRATION,
      'Another broker is registered with that broker id. If the broker was recently restarted this should ' +
        "self-resolve once the heartbeat manager expires the broker's session.",
    )
  }
  if (isSame) return amendRegistration(known, request)
  const brokerEpoch = view.offset + 1
  const isUnharmed = hasAllRecords(known, request.previousBrokerEpoch) && !hasOfflineReplica(view, brokerId)
  const changes = isUnharmed ? changesWithoutBroker : changesAfterLoss
  const records: MetadataRecord[] = [
    {
      type: 'RegisterBroker',
      brokerId,
      brokerEpoch,
      incarnationId,
      rack,
      endpoints,
      fenced: true,
      inControlledShutdown: false,
      previousBrokerEpoch: isUnharmed ? request.previousBrokerEpoch : -1,
    },
    ...sharedMinInsyncReplicas(view, brokerId, context),
    ...changes(view, context, brokerId),
  ]
  return { records, reply: { brokerEpoch } }
}

export function heartbeat(
  view: ClusterView,
  request: HeartbeatRequest,
  context: ControllerContext,
): Decision<HeartbeatReply> {
  const reply = heartbeatWithoutChange(view, request)
  if (reply !== undefined) return { records: [], reply }
  const broker = registered(view, request)
  const isCaughtUp = hasCaughtUp(broker, request)
  if (request.wantShutDown) return controlledShutdown(view, broker, isCaughtUp, context)
  if (request.wantFence) {
    const records = broker.fenced ? [] : fence(view, broker, context)
    return { records, reply: { isCaughtUp, isFenced: true, shouldShutDown: false } }
  }
  const records = unfence(view, broker, context)
  return { records, reply: { isCaughtUp, isFenced: false, shouldShutDown: false } }
}

/** The answer to a heartbeat that has nothing changed, and so need not wait for what others have changed. */
export function heartbeatWithoutChange(
  view: ClusterView,
  request: HeartbeatRequest,
): HeartbeatReply | undefined {
  const broker = registered(view, request)
  const isCaughtUp = hasCaughtUp(broker, request)
  // After a controlled shutdown only a new registration brings the broker back.
  const unfences = broker.fenced && isCaughtUp && !broker.inControlledShutdown
  if (unfences || request.wantShutDown || request.wantFence) return undefined
  return { isCaughtUp, isFenced: broker.fenced, shouldShutDown: false }
}

function hasCaughtUp(broker: BrokerRegistration, { currentMetadataOffset }: HeartbeatRequest): boolean {
  return currentMetadataOffset >= broker.brokerEpoch
}

/** Its session expired, or its process died. Safe also if that is wrong. */
export function fenceBroker(
  view: ClusterView,
  request: FenceBrokerRequest,
  context: ControllerContext,
): Decision<{ fenced: boolean }> {
  const broker = view.brokers.get(request.brokerId)
  if (broker === undefined || broker.fenced || broker.brokerEpoch !== request.brokerEpoch) {
    return { records: [], reply: { fenced: false } }
  }
  return { records: fence(view, broker, context), reply: { fenced: true } }
}

/**
 * Takes a broker out of the cluster for good; its replicas stay assigned to it until they are reassigned. If it comes
 * back nobody knows any more what it had.
 */
export function unregisterBroker(
  view: ClusterView,
  request: { brokerId: number },
  context: ControllerContext,
): Decision<null> {
  const broker = view.brokers.get(request.brokerId)
  if (broker === undefined) throw notRegistered(request.brokerId)
  const { brokerId, brokerEpoch } = broker
  return {
    records: [
      ...changesAfterLoss(view, context, brokerId),
      { type: 'UnregisterBroker', brokerId, brokerEpoch },
    ],
    reply: null,
  }
}

/** The registration that a broker speaks for; thrown out if it is unknown or was replaced. */
export function registered(
  view: ClusterView,
  { brokerId, brokerEpoch }: { brokerId: number; brokerEpoch: number },
): BrokerRegistration {
  const broker = view.brokers.get(brokerId)
  if (broker === undefined) throw notRegistered(brokerId)
  if (broker.brokerEpoch !== brokerEpoch) {
    throw new KafkaError(
      ErrorCode.STALE_BROKER_EPOCH,
      `Expected broker epoch ${broker.brokerEpoch} of broker ${brokerId}, but got ${brokerEpoch}.`,
    )
  }
  return broker
}

function notRegistered(brokerId: number): KafkaError {
  return new KafkaError(
    ErrorCode.BROKER_ID_NOT_REGISTERED,
    `Broker ID ${brokerId} is not currently registered`,
  )
}

function checkRegistration(request: RegisterBrokerRequest, context: ControllerContext): void {
  if (request.clusterId !== context.clusterId) {
    throw new KafkaError(
      ErrorCode.INCONSISTENT_CLUSTER_ID,
      `Expected cluster ID ${context.clusterId}, but got cluster ID ${request.clusterId}`,
    )
  }
  if (request.brokerId < 0 || request.incarnationId === ZERO_UUID || request.endpoints.length === 0) {
    throw new KafkaError(
      ErrorCode.INVALID_REGISTRATION,
      'A broker registers with an id, an incarnation id and at least one listener.',
    )
  }
}

/**
 * A registration that never worked has neither led nor joined an ISR: if it died before it could note its epoch, the
 * one before still tells.
 */
function hasAllRecords(known: BrokerRegistration | undefined, previousBrokerEpoch: number): boolean {
  if (known === undefined || previousBrokerEpoch < 0) return false
  return previousBrokerEpoch === known.brokerEpoch || previousBrokerEpoch === known.previousBrokerEpoch
}

/** One value for all brokers from the first one on (KIP-966); no broker keeps one of its own. */
function sharedMinInsyncReplicas(
  view: ClusterView,
  brokerId: number,
  { staticOverrides }: ControllerContext,
): MetadataRecord[] {
  const config = (resourceName: string, value: string | null): MetadataRecord => ({
    type: 'Config',
    resourceType: ConfigResourceType.BROKER,
    resourceName,
    name: MIN_INSYNC_REPLICAS,
    value,
  })
  const has = (name: string) => view.configs(ConfigResourceType.BROKER, name).has(MIN_INSYNC_REPLICAS)
  const { minInsyncReplicas } = topicRules(view, staticOverrides)('')
  return [
    ...(has('') ? [] : [config('', String(minInsyncReplicas))]),
    ...(has(String(brokerId)) ? [config(String(brokerId), null)] : []),
  ]
}

/** The same process again, because an answer was lost: it keeps its epoch and its state. */
function amendRegistration(
  known: BrokerRegistration,
  { rack, endpoints }: RegisterBrokerRequest,
): Decision<RegisterBrokerReply> {
  const reply = { brokerEpoch: known.brokerEpoch }
  const isUnchanged = known.rack === rack && JSON.stringify(known.endpoints) === JSON.stringify(endpoints)
  return { records: isUnchanged ? [] : [{ type: 'RegisterBroker', ...known, rack, endpoints }], reply }
}

/** First its partitions get other leaders; with the next heartbeat, when clients had time to notice, it may go. */
function controlledShutdown(
  view: ClusterView,
  broker: BrokerRegistration,
  isCaughtUp: boolean,
  context: ControllerContext,
): Decision<HeartbeatReply> {
  const { brokerId, brokerEpoch, fenced } = broker
  if (fenced) return { records: [], reply: { isCaughtUp, isFenced: true, shouldShutDown: true } }
  if (!leadsAny(view, brokerId)) {
    return {
      records: fence(view, broker, context),
      reply: { isCaughtUp, isFenced: true, shouldShutDown: true },
    }
  }
  return {
    records: [
      { type: 'BrokerRegistrationChange', brokerId, brokerEpoch, fenced: null, inControlledShutdown: true },
      ...changesWithoutBroker(view, context, brokerId),
    ],
    reply: { isCaughtUp, isFenced: false, shouldShutDown: false },
  }
}

function fence(
  view: ClusterView,
  { brokerId, brokerEpoch }: BrokerRegistration,
  context: ControllerContext,
): MetadataRecord[] {
  return [
    { type: 'BrokerRegistrationChange', brokerId, brokerEpoch, fenced: true, inControlledShutdown: null },
    ...changesWithoutBroker(view, context, brokerId),
  ]
}

function unfence(
  view: ClusterView,
  { brokerId, brokerEpoch }: BrokerRegistration,
  context: ControllerContext,
): MetadataRecord[] {
  return [
    { type: 'BrokerRegistrationChange', brokerId, brokerEpoch, fenced: false, inControlledShutdown: null },
    ...changesWithBroker(view, context, brokerId),
  ]
}
