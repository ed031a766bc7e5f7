/**
 * Operations of the MSK API that Freshet does not have yet: they get an honest error with their name instead of
 * the answer to an unknown path. `*` stands for one path segment.
 */
export function knownOperation(method: string, rawPath: string): string | undefined {
  const segments = rawPath.split('/')
  const match = OPERATIONS.find(
    ([knownMethod, path]) => knownMethod === method && matches(path.split('/'), segments),
  )
  return match?.[2]
}

const CLUSTER = '/v1/clusters/*'
const REPLICATORS = '/replication/v1/replicators'

const OPERATIONS: readonly (readonly [method: string, path: string, name: string])[] = [
  ['PUT', `${CLUSTER}/reboot-broker`, 'RebootBroker'],
  ['PUT', `${CLUSTER}/nodes/count`, 'UpdateBrokerCount'],
  ['PUT', `${CLUSTER}/nodes/storage`, 'UpdateBrokerStorage'],
  ['PUT', `${CLUSTER}/nodes/type`, 'UpdateBrokerType'],
  ['PUT', `${CLUSTER}/configuration`, 'UpdateClusterConfiguration'],
  ['PUT', `${CLUSTER}/version`, 'UpdateClusterKafkaVersion'],
  ['PUT', `${CLUSTER}/connectivity`, 'UpdateConnectivity'],
  ['PUT', `${CLUSTER}/monitoring`, 'UpdateMonitoring'],
  ['PUT', `${CLUSTER}/rebalancing`, 'UpdateRebalancing'],
  ['PATCH', `${CLUSTER}/security`, 'UpdateSecurity'],
  ['PUT', `${CLUSTER}/storage`, 'UpdateStorage'],
  ['POST', '/v1/configurations', 'CreateConfiguration'],
  ['GET', '/v1/configurations', 'ListConfigurations'],
  ['GET', '/v1/configurations/*', 'DescribeConfiguration'],
  ['PUT', '/v1/configurations/*', 'UpdateConfiguration'],
  ['DELETE', '/v1/configurations/*', 'DeleteConfiguration'],
  ['GET', '/v1/configurations/*/revisions', 'ListConfigurationRevisions'],
  ['GET', '/v1/configurations/*/revisions/*', 'DescribeConfigurationRevision'],
  ['POST', `${CLUSTER}/topics`, 'CreateTopic'],
  ['GET', `${CLUSTER}/topics`, 'ListTopics'],
  ['GET', `${CLUSTER}/topics/*`, 'DescribeTopic'],
  ['PUT', `${CLUSTER}/topics/*`, 'UpdateTopic'],
  ['DELETE', `${CLUSTER}/topics/*`, 'DeleteTopic'],
  ['GET', `${CLUSTER}/topics/*/partitions`, 'DescribeTopicPartitions'],
  ['POST', `${CLUSTER}/scram-secrets`, 'BatchAssociateScramSecret'],
  ['PATCH', `${CLUSTER}/scram-secrets`, 'BatchDisassociateScramSecret'],
  ['GET', `${CLUSTER}/scram-secrets`, 'ListScramSecrets'],
  ['PUT', `${CLUSTER}/policy`, 'PutClusterPolicy'],
  ['GET', `${CLUSTER}/policy`, 'GetClusterPolicy'],
  ['DELETE', `${CLUSTER}/policy`, 'DeleteClusterPolicy'],
  ['POST', '/v1/vpc-connection', 'CreateVpcConnection'],
  ['GET', '/v1/vpc-connection/*', 'DescribeVpcConnection'],
  ['DELETE', '/v1/vpc-connection/*', 'DeleteVpcConnection'],
  ['GET', '/v1/vpc-connections', 'ListVpcConnections'],
  ['GET', `${CLUSTER}/client-vpc-connections`, 'ListClientVpcConnections'],
  ['PUT', `${CLUSTER}/client-vpc-connection`, 'RejectClientVpcConnection'],
  ['POST', REPLICATORS, 'CreateReplicator'],
  ['GET', REPLICATORS, 'ListReplicators'],
  ['GET', `${REPLICATORS}/*`, 'DescribeReplicator'],
  ['DELETE', `${REPLICATORS}/*`, 'DeleteReplicator'],
  ['PUT', `${REPLICATORS}/*/replication-info`, 'UpdateReplicationInfo'],
  ['POST', `${CLUSTER}/channels`, 'CreateChannel'],
  ['GET', `${CLUSTER}/channels`, 'ListChannels'],
  ['GET', `${CLUSTER}/channels/*`, 'DescribeChannel'],
  ['PUT', `${CLUSTER}/channels/*`, 'UpdateChannel'],
  ['DELETE', `${CLUSTER}/channels/*`, 'DeleteChannel'],
]

function matches(pattern: readonly string[], segments: readonly string[]): boolean {
  return (
    pattern.length === segments.length &&
    pattern.every((part, index) => (part === '*' ? segments[index] !== '' : part === segments[index]))
  )
}
