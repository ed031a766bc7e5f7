import type { Cluster, ProvisionedCluster } from '../../model/cluster.ts'
import type { OperationRecord } from '../../model/operation.ts'
import type { ProvisionedSpecification } from '../../model/specification.ts'

/** How clusters and operations look on the wire: MSK's shapes of version 1 and version 2. */

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
    clientRequestId: operation.clientRequestId,
    operationArn,
    operationState,
    operationType,
    clusterArn,
    creationTime: startTime,
    endTime,
    errorInfo,
    operationSteps: operationSteps(operation),
    sourceClusterInfo: operation.update?.source,
    targetClusterInfo: operation.update?.target,
  }
}

export function operationSummaryV2({ clusterArn, clusterType, operation }: OperationRecord) {
  const { operationArn, operationState, operationType, startTime, endTime } = operation
  return { clusterArn, clusterType, startTime, endTime, operationArn, operationState, operationType }
}

export function operationInfoV2(record: OperationRecord) {
  const { errorInfo, update } = record.operation
  const changes = { sourceClusterInfo: update?.source, targetClusterInfo: update?.target }
  // Serverless operations have no steps in MSK's shape.
  const detail =
    record.clusterType === 'PROVISIONED'
      ? { provisioned: { operationSteps: operationSteps(record.operation), ...changes } }
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
  const { kafkaVersion: _version, configuration: _attached, ...specification } = provisioned
  return {
    ...specification,
    currentBrokerSoftwareInfo: softwareInfo(provisioned),
    customerActionStatus: 'NONE',
  }
}

export function softwareInfo({ kafkaVersion, configuration }: ProvisionedSpecification) {
  const attached = configuration && {
    configurationArn: configuration.arn,
    configurationRevision: configuration.revision,
  }
  return { kafkaVersion, ...attached }
}

function operationSteps({ steps }: OperationRecord['operation']) {
  return steps.map(({ stepName, stepStatus }) => ({ stepName, stepInfo: { stepStatus } }))
}
