import { assert } from '../assert.ts'
import type { HostFailure } from './host.ts'
import { type Account, type ClusterArn, clusterArn, operationArn } from './identifiers.ts'
import {
  type ClusterUpdate,
  newOperation,
  nextStep,
  type Operation,
  type OperationError,
  type OperationType,
  type UpdateType,
} from './operation.ts'
import type { ProvisionedSpecification, ServerlessSpecification } from './specification.ts'
import type { DesiredUnitState } from './unit.ts'

/**
 * A cluster is one document: what was asked for, where its brokers are, and the operation under way. State and
 * operation therefore change together, in one conditional write.
 */
export type Cluster = ClusterCommon &
  (
    | { readonly clusterType: 'PROVISIONED'; readonly provisioned: ProvisionedSpecification }
    | { readonly clusterType: 'SERVERLESS'; readonly serverless: ServerlessSpecification }
  )

export type ClusterType = Cluster['clusterType']

export type ClusterState =
  | 'CREATING'
  | 'ACTIVE'
  | 'UPDATING'
  | 'REBOOTING_BROKER'
  | 'HEALING'
  | 'MAINTENANCE'
  | 'DELETING'
  | 'FAILED'

export interface BrokerNode {
  readonly brokerId: number
  readonly unitId: string
  readonly zone: string
  readonly clientSubnet?: string
  readonly addedToClusterTime: string
  readonly hostId?: string
  /** Of its host, where clients reach it; absent until the host is as it was asked for. */
  readonly address?: string
  /** Its host is to be replaced before anything else happens to the cluster. */
  readonly hostFailure?: HostFailure
  readonly port?: number
  /** Where it tells its metrics over HTTP. */
  readonly metricsPort?: number
  /** Absent until the unit is to be started for the first time. */
  readonly desired?: DesiredUnitState
  /** Changes when the broker is to restart. Above the cluster's: it runs with what the operation is to bring. */
  readonly generation: number
  /** Of its data volume, where it differs from the other brokers'. */
  readonly volumeSizeGB?: number
  /** Being added, or being taken away, by the operation under way. */
  readonly membership?: 'JOINING' | 'LEAVING'
}

export interface BrokerPlace {
  readonly zone: string
  readonly clientSubnet?: string
}

export type PlacedBroker = BrokerNode & { readonly hostId: string }

interface ClusterCommon extends ClusterArn {
  readonly clusterArn: string
  readonly state: ClusterState
  readonly stateInfo?: { readonly code: string; readonly message: string }
  readonly creationTime: string
  readonly currentVersion: string
  readonly tags: Readonly<Record<string, string>>
  readonly brokers: readonly BrokerNode[]
  /** No broker id is ever given twice. */
  readonly highestBrokerId: number
  readonly generation: number
  readonly activeOperation?: Operation
}

export type ProvisionedCluster = Extract<Cluster, { clusterType: 'PROVISIONED' }>

export type ClusterSpecification =
  | { readonly clusterType: 'PROVISIONED'; readonly provisioned: ProvisionedSpecification }
  | { readonly clusterType: 'SERVERLESS'; readonly serverless: ServerlessSpecification }

export interface NewCluster {
  readonly clusterName: string
  readonly tags: Readonly<Record<string, string>>
  readonly specification: ClusterSpecification
  /** One per broker, in order of broker id. Ports only where they are promised beforehand. */
  readonly brokers: readonly { zone: string; clientSubnet?: string; port?: number }[]
}

export interface FreshIds {
  readonly uuid: string
  readonly operationUuid: string
  readonly currentVersion: string
}

/** Legal moves between states (MSK developer guide, "Cluster states"). */
const NEXT_STATES: Record<ClusterState, readonly ClusterState[]> = {
  CREATING: ['ACTIVE', 'FAILED'],
  ACTIVE: ['UPDATING', 'REBOOTING_BROKER', 'HEALING', 'MAINTENANCE', 'DELETING'],
  UPDATING: ['ACTIVE'],
  REBOOTING_BROKER: ['ACTIVE'],
  HEALING: ['ACTIVE'],
  MAINTENANCE: ['ACTIVE'],
  DELETING: ['FAILED'],
  FAILED: ['DELETING'],
}

export function newCluster(account: Account, request: NewCluster, ids: FreshIds, nowMs: number): Cluster {
  const { clusterName, tags, specification } = request
  const suffix = specification.clusterType === 'SERVERLESS' ? 's1' : '1'
  const arn = { clusterName, clusterUuid: `${ids.uuid}-${suffix}` }
  const creationTime = new Date(nowMs).toISOString()
  return {
    ...arn,
    ...specification,
    clusterArn: clusterArn(account, arn),
    state: 'CREATING',
    creationTime,
    currentVersion: ids.currentVersion,
    tags,
    brokers: request.brokers.map((broker, index) => ({
      ...broker,
      brokerId: index + 1,
      unitId: `${arn.clusterUuid}-b-${index + 1}`,
      addedToClusterTime: creationTime,
      generation: 0,
    })),
    highestBrokerId: request.brokers.length,
    generation: 0,
    activeOperation: operationOn(account, arn, 'CREATE_CLUSTER', ids.operationUuid, nowMs),
  }
}

export function canBeDeleted({ state }: Cluster): boolean {
  return NEXT_STATES[state].includes('DELETING')
}

export function deleting(account: Account, cluster: Cluster, operationUuid: string, nowMs: number): Cluster {
  const activeOperation = operationOn(account, cluster, 'DELETE_CLUSTER', operationUuid, nowMs)
  return { ...moved(cluster, 'DELETING'), activeOperation }
}

/** An update that begins: the cluster goes on serving in the state that MSK gives to this kind of operation. */
export function updating(
  account: Account,
  cluster: Cluster,
  request: { readonly type: UpdateType; readonly update: ClusterUpdate; readonly operationUuid: string },
  nowMs: number,
): Cluster {
  const { type, update, operationUuid } = request
  const operation = operationOn(account, cluster, type, operationUuid, nowMs, update)
  return { ...moved(cluster, STATES_OF_OPERATIONS[type] ?? 'UPDATING'), activeOperation: operation }
}

const STATES_OF_OPERATIONS: Partial<Record<UpdateType, ClusterState>> = {
  REBOOT_NODE: 'REBOOTING_BROKER',
  REPLACE_HOST: 'MAINTENANCE',
  MOVE_BROKERS: 'MAINTENANCE',
}

/** Its operation names the request that began it. */
export function askedForBy<C extends Cluster>(cluster: C, clientRequestId: string): C {
  const { activeOperation } = cluster
  return activeOperation ? { ...cluster, activeOperation: { ...activeOperation, clientRequestId } } : cluster
}

/** Brokers of a failed host have no address; one host of a cluster at a time. The same object if nothing is to be noted. */
export function withFailedHost(cluster: Cluster, hostId: string, hostFailure: HostFailure): Cluster {
  const isConcerned = (broker: BrokerNode) => broker.hostId === hostId && broker.address !== undefined
  const isBusy = cluster.brokers.some((broker) => broker.hostFailure !== undefined)
  if (isBusy || !keepsHosts(cluster) || !cluster.brokers.some(isConcerned)) return cluster
  return withBrokers(cluster, (broker) => {
    if (!isConcerned(broker)) return broker
    const { address: _former, ...rest } = broker
    return { ...rest, hostFailure }
  })
}

/** Hosts that are being given back end, and nobody else may look after them. */
export function keepsHosts({ state, activeOperation }: Cluster): boolean {
  const step = activeOperation && nextStep(activeOperation)
  return state !== 'FAILED' && step !== 'RELEASE_HOSTS' && step !== 'FORGET'
}

/** Goes on serving with the brokers that are left. */
export function healing(account: Account, cluster: Cluster, operationUuid: string, nowMs: number): Cluster {
  const activeOperation = operationOn(account, cluster, 'HEAL_BROKER', operationUuid, nowMs)
  return { ...moved(cluster, 'HEALING'), activeOperation }
}

/** New brokers, with ids that were never used, one per place. */
export function withJoiningBrokers<C extends Cluster>(
  cluster: C,
  places: readonly BrokerPlace[],
  nowMs: number,
): C {
  const joining = places.map((place, index): BrokerNode => {
    const brokerId = cluster.highestBrokerId + 1 + index
    return {
      ...place,
      brokerId,
      unitId: `${cluster.clusterUuid}-b-${brokerId}`,
      addedToClusterTime: new Date(nowMs).toISOString(),
      generation: cluster.generation,
      membership: 'JOINING',
    }
  })
  return {
    ...cluster,
    brokers: [...cluster.brokers, ...joining],
    highestBrokerId: cluster.highestBrokerId + joining.length,
  }
}

export function activated(cluster: Cluster): Cluster {
  return moved(cluster, 'ACTIVE')
}

export function failed(cluster: Cluster, error: OperationError): Cluster {
  return { ...moved(cluster, 'FAILED'), stateInfo: { code: error.errorCode, message: error.errorString } }
}

/** The update has been carried out: what it was to bring is what is. */
export function updated(cluster: Cluster, currentVersion: string): Cluster {
  const specification = cluster.activeOperation?.update?.specification
  const active = settled(moved(cluster, 'ACTIVE'))
  const generation = Math.max(cluster.generation, ...cluster.brokers.map((broker) => broker.generation))
  const next = { ...active, currentVersion, generation }
  return next.clusterType === 'PROVISIONED' && specification !== undefined
    ? { ...next, provisioned: specification }
    : next
}

/** The update was given up: the cluster is what it was, and goes on. */
export function restored(cluster: Cluster): Cluster {
  const { generation } = cluster
  return withBrokers(settled(moved(cluster, 'ACTIVE')), (broker) => ({
    ...broker,
    generation: Math.min(broker.generation, generation),
    ...(broker.desired === 'STOPPED' ? { desired: 'RUNNING' } : {}),
  }))
}

function settled(cluster: Cluster): Cluster {
  return withBrokers(cluster, ({ membership: _done, ...broker }) => broker)
}

/** What keeps its operation from getting on, as long as something does. The same object if that is known. */
export function withTrouble(cluster: Cluster, message: string | undefined): Cluster {
  if (cluster.stateInfo?.message === message) return cluster
  const { stateInfo: _former, ...rest } = cluster
  return message === undefined ? rest : { ...rest, stateInfo: { code: 'WAITING', message } }
}

export function withOperation(cluster: Cluster, activeOperation: Operation | undefined): Cluster {
  const { activeOperation: _previous, ...rest } = cluster
  return activeOperation ? { ...rest, activeOperation } : rest
}

export function withBrokers<C extends Cluster>(cluster: C, change: (broker: BrokerNode) => BrokerNode): C {
  return { ...cluster, brokers: cluster.brokers.map(change) }
}

/** The brokers that the operation under way adds or takes away; all of them where it is about the whole cluster. */
export function concernedBrokers(cluster: Cluster): PlacedBroker[] {
  const changing = placedBrokers(cluster).filter(({ membership }) => membership !== undefined)
  const type = cluster.activeOperation?.operationType
  return type === 'CREATE_CLUSTER' || type === 'DELETE_CLUSTER' ? placedBrokers(cluster) : changing
}

export function placedBrokers({ brokers }: Pick<Cluster, 'brokers'>): PlacedBroker[] {
  return brokers.flatMap((broker) =>
    broker.hostId === undefined ? [] : [{ ...broker, hostId: broker.hostId }],
  )
}

/** What a broker runs with: while an update rolls through the cluster, some have the new and some the old. */
export function specificationOf(
  cluster: ProvisionedCluster,
  { generation }: BrokerNode,
): ProvisionedSpecification {
  const wanted = cluster.activeOperation?.update?.specification
  return wanted !== undefined && generation > cluster.generation ? wanted : cluster.provisioned
}

/** Whether a unit is already told to be in that state or in a later one: RUNNING, STOPPED, REMOVED. */
export function isToldTo(broker: BrokerNode, desired: DesiredUnitState): boolean {
  return broker.desired !== undefined && UNIT_LIFE.indexOf(broker.desired) >= UNIT_LIFE.indexOf(desired)
}

/** Only forwards: a removed unit never comes back, and one that was never started has nothing to stop. */
export function withDesired(
  cluster: Cluster,
  desired: DesiredUnitState,
  unitIds: ReadonlySet<string> = new Set(cluster.brokers.map(({ unitId }) => unitId)),
): Cluster {
  const moves = (broker: BrokerNode) =>
    unitIds.has(broker.unitId) && broker.desired !== undefined && !isToldTo(broker, desired)
  return withBrokers(cluster, (broker) => (moves(broker) ? { ...broker, desired } : broker))
}

const UNIT_LIFE: readonly DesiredUnitState[] = ['RUNNING', 'STOPPED', 'REMOVED']

function moved(cluster: Cluster, state: ClusterState): Cluster {
  assert(NEXT_STATES[cluster.state].includes(state), `a cluster may go from ${cluster.state} to ${state}`)
  const { stateInfo: _ofFormer, ...rest } = cluster
  return { ...rest, state }
}

function operationOn(
  account: Account,
  arn: ClusterArn,
  type: OperationType,
  operationUuid: string,
  nowMs: number,
  update?: ClusterUpdate,
) {
  const { clusterName, clusterUuid } = arn
  const ids = {
    operationUuid,
    operationArn: operationArn(account, { clusterName, clusterUuid, operationUuid }),
  }
  return newOperation(type, ids, nowMs, update)
}
