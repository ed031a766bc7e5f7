import { assert } from '../assert.ts'
import { type Account, type ClusterArn, clusterArn, operationArn } from './identifiers.ts'
import { newOperation, type Operation, type OperationError, type OperationType } from './operation.ts'
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
  readonly hostId?: string
  readonly port?: number
  /** Absent until the unit is to be started for the first time. */
  readonly desired?: DesiredUnitState
}

interface ClusterCommon extends ClusterArn {
  readonly clusterArn: string
  readonly state: ClusterState
  readonly stateInfo?: { readonly code: string; readonly message: string }
  readonly creationTime: string
  readonly currentVersion: string
  readonly tags: Readonly<Record<string, string>>
  readonly brokers: readonly BrokerNode[]
  readonly activeOperation?: Operation
}

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
  return {
    ...arn,
    ...specification,
    clusterArn: clusterArn(account, arn),
    state: 'CREATING',
    creationTime: new Date(nowMs).toISOString(),
    currentVersion: ids.currentVersion,
    tags,
    brokers: request.brokers.map((broker, index) => ({
      ...broker,
      brokerId: index + 1,
      unitId: `${arn.clusterUuid}-b-${index + 1}`,
    })),
    activeOperation: operationOn(account, arn, 'CREATE_CLUSTER', ids.operationUuid, nowMs),
  }
}

export function canBeDeleted({ state }: Cluster): boolean {
  return NEXT_STATES[state].includes('DELETING')
}

export function deleting(account: Account, cluster: Cluster, operationUuid: string, nowMs: number): Cluster {
  const { stateInfo: _resolved, ...rest } = moved(cluster, 'DELETING')
  return { ...rest, activeOperation: operationOn(account, cluster, 'DELETE_CLUSTER', operationUuid, nowMs) }
}

export function activated(cluster: Cluster): Cluster {
  return moved(cluster, 'ACTIVE')
}

export function failed(cluster: Cluster, error: OperationError): Cluster {
  return { ...moved(cluster, 'FAILED'), stateInfo: { code: error.errorCode, message: error.errorString } }
}

export function withOperation(cluster: Cluster, activeOperation: Operation | undefined): Cluster {
  const { activeOperation: _previous, ...rest } = cluster
  return activeOperation ? { ...rest, activeOperation } : rest
}

export function withBrokers(cluster: Cluster, change: (broker: BrokerNode) => BrokerNode): Cluster {
  return { ...cluster, brokers: cluster.brokers.map(change) }
}

/** Whether a unit is already told to be in that state or in a later one: RUNNING, STOPPED, REMOVED. */
export function isToldTo(broker: BrokerNode, desired: DesiredUnitState): boolean {
  return broker.desired !== undefined && UNIT_LIFE.indexOf(broker.desired) >= UNIT_LIFE.indexOf(desired)
}

/** Only forwards: a removed unit never comes back, and one that was never started has nothing to stop. */
export function withDesired(cluster: Cluster, desired: DesiredUnitState): Cluster {
  const moves = (broker: BrokerNode) => broker.desired !== undefined && !isToldTo(broker, desired)
  return withBrokers(cluster, (broker) => (moves(broker) ? { ...broker, desired } : broker))
}

/** Undefined until every broker has its port. */
export function bootstrapBrokers(cluster: Cluster, address: string): string | undefined {
  const endpoints = cluster.brokers.flatMap(({ port }) => (port === undefined ? [] : [`${address}:${port}`]))
  return endpoints.length > 0 && endpoints.length === cluster.brokers.length ? endpoints.join(',') : undefined
}

const UNIT_LIFE: readonly DesiredUnitState[] = ['RUNNING', 'STOPPED', 'REMOVED']

function moved(cluster: Cluster, state: ClusterState): Cluster {
  assert(NEXT_STATES[cluster.state].includes(state), `a cluster may go from ${cluster.state} to ${state}`)
  return { ...cluster, state }
}

function operationOn(
  account: Account,
  arn: ClusterArn,
  type: OperationType,
  operationUuid: string,
  nowMs: number,
) {
  const { clusterName, clusterUuid } = arn
  const ids = {
    operationUuid,
    operationArn: operationArn(account, { clusterName, clusterUuid, operationUuid }),
  }
  return newOperation(type, ids, nowMs)
}
