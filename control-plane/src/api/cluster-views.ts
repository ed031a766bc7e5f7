import type { Cluster } from '../model/cluster.ts'
import type { OperationRecord } from '../model/operation.ts'

/** How clusters and operations look on the wire: MSK's shapes of version 1 and version 2. */

export type ProvisionedCluster = Extract<Cluster, { clusterType: 'PROVISIONED' }>

export function clusterInfoV1(cluster: ProvisionedCluster) {
  return { ...common(cluster), ...provisioned(cluster) }
}

export function clusterInfoV2(cluster: Cluster) {
  const { clusterType } = cluster
  return clusterType === 'PROVISIONED'
    ? { ...common(cluster), clusterType, provisioned: provisioned(cluster) }
    : { ...common(cluster), clusterType, serverless: cluster.serverless }
}

export function operationInfoV1({ clusterArn, operation }: OperationRecord) {
  const { operationArn, operationState, operationType, startTime, endTime, errorInfo } = operation
  return {
    operationArn,
    operationState,
    operationType,
    clusterArn,
    creationTime: startTime,
    endTime,
    errorInfo,
    operationSteps: operationSteps(operation),
  }
}

export function operationSummaryV2({ clusterArn, clusterType, operation }: OperationRecord) {
  const { operationArn, operationState, operationType, startTime, endTime } = operation
  return { clusterArn, clusterType, startTime, endTime, operationArn, operationState, operationType }
}

export function operationInfoV2(record: OperationRecord) {
  const { errorInfo } = record.operation
  // Serverless operations have no steps in MSK's shape.
  const detail =
    record.clusterType === 'PROVISIONED'
      ? { provisioned: { operationSteps: operationSteps(record.operation) } }
      : { serverless: {} }
  return { ...operationSummaryV2(record), errorInfo, ...detail }
}

function common(cluster: Cluster) {
  const { clusterArn, clusterName, creationTime, currentVersion, state, stateInfo, tags, activeOperation } =
    cluster
  const activeOperationArn = activeOperation?.operationArn
  return { activeOperationArn, clusterArn, clusterName, creationTime, currentVersion, state, stateInfo, tags }
}

function provisioned({ provisioned }: ProvisionedCluster) {
  const { kafkaVersion, ...specification } = provisioned
  return { ...specification, currentBrokerSoftwareInfo: { kafkaVersion } }
}

function operationSteps({ steps }: OperationRecord['operation']) {
  return steps.map(({ stepName, stepStatus }) => ({ stepName, stepInfo: { stepStatus } }))
}
