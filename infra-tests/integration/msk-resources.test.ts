/** What belongs to a cluster, as the AWS CLI and the SDK see it: configurations, topics, secrets, policies, VPCs. */
import * as sdk from '@aws-sdk/client-kafka'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Service } from '../support/service.ts'
import { PATIENCE_MS, waitFor } from '../support/wait.ts'
import { type AwsKafka, awsKafka, suiteWithAwsCli } from './aws-cli.ts'

const SECRET = 'arn:aws:secretsmanager:us-east-1:000000000000:secret:AmazonMSK_orders-abcdef'
const ENABLED = { Enabled: true }

let service: Service
let ClusterArn: string
beforeAll(async () => {
  service = await Service.start()
  ClusterArn = await service.createCluster('orders')
  await service.awaitActive(ClusterArn)
})
afterAll(() => service?.stop())

suiteWithAwsCli('the AWS CLI', () => {
  let aws: AwsKafka
  beforeAll(() => {
    aws = awsKafka(service.endpoint)
  })

  it('leads a configuration through its revisions', async () => {
    const created = await aws(
      ...['create-configuration', '--name', 'tuned', '--kafka-versions', '4.1.x'],
      ...['--server-properties', 'num.partitions = 3'],
    )
    expect(created.json).toMatchObject({ Name: 'tuned', State: 'ACTIVE', LatestRevision: { Revision: 1 } })
    const arn = ['--arn', String(created.json.Arn)]
    const revised = await aws('update-configuration', ...arn, '--server-properties', 'num.partitions = 4')
    expect(revised.json).toMatchObject({ LatestRevision: { Revision: 2 } })
    const text = await aws('describe-configuration-revision', ...arn, '--revision', '1')
    const sent = Buffer.from('num.partitions = 3').toString('base64')
    expect(text.json).toMatchObject({ Revision: 1, ServerProperties: sent })
    expect((await aws('delete-configuration', ...arn)).json).toMatchObject({ State: 'DELETING' })
    expect((await aws('describe-configuration', ...arn)).error).toContain('Configuration ARN does not exist')
    const refused = await aws('create-configuration', '--name', 'bad', '--server-properties', 'log.dirs=/etc')
    expect(refused.error).toContain('(BadRequestException)')
  })

  it('leads a topic through its life', async () => {
    const topic = ['--cluster-arn', ClusterArn, '--topic-name', 'cli']
    const created = await aws('create-topic', ...topic, '--partition-count', '3', '--replication-factor', '3')
    expect(created.json).toMatchObject({ TopicName: 'cli', Status: 'CREATING' })
    expect((await aws('describe-topic', ...topic)).json).toMatchObject({
      PartitionCount: 3,
      Status: 'ACTIVE',
    })
    const partitions = await aws('describe-topic-partitions', ...topic)
    expect(partitions.json.Partitions).toHaveLength(3)
    const again = await aws('create-topic', ...topic, '--partition-count', '3', '--replication-factor', '3')
    expect(again.error).toContain('(TopicExistsException)')
    expect((await aws('delete-topic', ...topic)).json).toMatchObject({ Status: 'DELETING' })
  })

  it('is told that replicators are not supported, and that there are none', async () => {
    const subnets = { SubnetIds: ['subnet-1'], SecurityGroupIds: [] }
    const cluster = { AmazonMskCluster: { MskClusterArn: ClusterArn }, VpcConfig: subnets }
    const topics = { TopicsToReplicate: ['.*'] }
    const groups = { ConsumerGroupsToReplicate: ['.*'] }
    const ends = { SourceKafkaClusterArn: ClusterArn, TargetKafkaClusterArn: ClusterArn }
    const replication = {
      ...ends,
      TargetCompressionType: 'NONE',
      TopicReplication: topics,
      ConsumerGroupReplication: groups,
    }
    const refused = await aws(
      ...['create-replicator', '--replicator-name', 'copy'],
      ...['--service-execution-role-arn', 'arn:aws:iam::123456789012:role/copy'],
      ...['--kafka-clusters', JSON.stringify([cluster, cluster])],
      ...['--replication-info-list', JSON.stringify([replication])],
    )
    expect(refused.error).toMatch(/\(BadRequestException\).*not supported/)
    expect((await aws('list-replicators')).json).toEqual({ Replicators: [] })
  })
})

describe('the AWS SDK for JavaScript', () => {
  it('creates, changes and lists topics', async () => {
    const { api } = service
    const Configs = Buffer.from(JSON.stringify({ 'retention.ms': '60000' })).toString('base64')
    const topic = { ClusterArn, TopicName: 'sdk' }
    await api.send(new sdk.CreateTopicCommand({ ...topic, PartitionCount: 2, ReplicationFactor: 3, Configs }))
    await api.send(new sdk.UpdateTopicCommand({ ...topic, PartitionCount: 4 }))
    const described = await waitFor('four partitions', PATIENCE_MS, async () => {
      const found = await api.send(new sdk.DescribeTopicCommand(topic))
      return found.PartitionCount === 4 && found
    })
    const configs = JSON.parse(Buffer.from(described.Configs!, 'base64').toString())
    expect(configs['retention.ms']).toBe('60000')
    const listed = await api.send(new sdk.ListTopicsCommand({ ClusterArn, TopicNameFilter: 'sd' }))
    expect(listed.Topics).toMatchObject([{ TopicName: 'sdk', PartitionCount: 4, ReplicationFactor: 3 }])
    await expect(
      api.send(new sdk.CreateTopicCommand({ ...topic, PartitionCount: 2, ReplicationFactor: 3 })),
    ).rejects.toMatchObject({ name: 'TopicExistsException' })
    const missing = new sdk.DescribeTopicCommand({ ClusterArn, TopicName: 'none' })
    await expect(api.send(missing)).rejects.toMatchObject({ name: 'NotFoundException' })
  })

  it('associates secrets, puts a policy and connects a VPC, once the cluster allows it', async () => {
    const { api } = service
    await ended(
      await api.send(
        new sdk.UpdateSecurityCommand({
          ClusterArn,
          CurrentVersion: await version(),
          ClientAuthentication: { Sasl: { Scram: ENABLED }, Unauthenticated: ENABLED },
        }),
      ),
    )
    const secrets = { ClusterArn, SecretArnList: [SECRET] }
    const associated = await api.send(new sdk.BatchAssociateScramSecretCommand(secrets))
    expect(associated.UnprocessedScramSecrets).toEqual([])
    const listed = await api.send(new sdk.ListScramSecretsCommand({ ClusterArn }))
    expect(listed.SecretArnList).toEqual([SECRET])
    await api.send(new sdk.BatchDisassociateScramSecretCommand(secrets))

    const Policy = JSON.stringify({
      Version: '2012-10-17',
      Statement: [{ Effect: 'Allow', Principal: '*', Action: 'kafka:*', Resource: ClusterArn }],
    })
    await api.send(new sdk.PutClusterPolicyCommand({ ClusterArn, Policy }))
    expect((await api.send(new sdk.GetClusterPolicyCommand({ ClusterArn }))).Policy).toBe(Policy)
    await api.send(new sdk.DeleteClusterPolicyCommand({ ClusterArn }))
    const gone = api.send(new sdk.GetClusterPolicyCommand({ ClusterArn }))
    await expect(gone).rejects.toMatchObject({ name: 'NotFoundException' })

    await ended(
      await api.send(
        new sdk.UpdateConnectivityCommand({
          ClusterArn,
          CurrentVersion: await version(),
          ConnectivityInfo: { VpcConnectivity: { ClientAuthentication: { Sasl: { Scram: ENABLED } } } },
        }),
      ),
    )
    const { VpcConnectionArn } = await api.send(
      new sdk.CreateVpcConnectionCommand({
        TargetClusterArn: ClusterArn,
        Authentication: 'SASL_SCRAM',
        VpcId: 'vpc-1',
        ClientSubnets: ['subnet-1'],
        SecurityGroups: ['sg-1'],
      }),
    )
    const connections = await api.send(new sdk.ListClientVpcConnectionsCommand({ ClusterArn }))
    expect(connections.ClientVpcConnections).toMatchObject([{ VpcConnectionArn, State: 'AVAILABLE' }])
    await api.send(new sdk.DeleteVpcConnectionCommand({ Arn: VpcConnectionArn! }))
  })

  async function version(): Promise<string> {
    const { ClusterInfo } = await service.api.send(new sdk.DescribeClusterV2Command({ ClusterArn }))
    return ClusterInfo!.CurrentVersion!
  }

  async function ended({ ClusterOperationArn }: { ClusterOperationArn?: string | undefined }): Promise<void> {
    await waitFor('the update to end', PATIENCE_MS, async () => {
      const described = await service.api.send(
        new sdk.DescribeClusterOperationV2Command({ ClusterOperationArn: ClusterOperationArn! }),
      )
      return described.ClusterOperationInfo?.OperationState === 'UPDATE_COMPLETE'
    })
  }
})
