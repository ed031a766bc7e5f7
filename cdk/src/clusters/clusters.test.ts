import { App, CfnOutput, Fn, RemovalPolicy, Stack, Token } from 'aws-cdk-lib'
import { Match, Template } from 'aws-cdk-lib/assertions'
import * as ec2 from 'aws-cdk-lib/aws-ec2'
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import { LogGroup } from 'aws-cdk-lib/aws-logs'
import { describe, expect, it } from 'vitest'
import { FreshetService } from '../service/freshet-service.ts'
import { ENV, resourcesOf, TestStack, ZONES } from '../testing/templates.ts'
import { KafkaVersion } from './kafka-version.ts'
import { ProvisionedCluster } from './provisioned-cluster.ts'
import { ServerlessCluster } from './serverless-cluster.ts'
import { Topic } from './topic.ts'

/** Of another region than the stack's. */
const ARN = 'arn:aws:kafka:eu-west-3:123456789012:cluster/orders/11111111-2222-3333-4444-555555555555-1'

function importedService(stack: Stack) {
  return FreshetService.fromFreshetServiceAttributes({
    serviceToken: 'arn:aws:sns:eu-west-1:123456789012:freshet',
    brokerSecurityGroup: ec2.SecurityGroup.fromSecurityGroupId(stack, 'Brokers', 'sg-0123456789abcdef0'),
    subnetIds: ['subnet-a', 'subnet-b', 'subnet-c'],
  })
}

function clusterIn(stack: Stack, changes: object = {}) {
  const service = importedService(stack)
  return new ProvisionedCluster(stack, 'Orders', {
    service,
    kafkaVersion: KafkaVersion.V4_1_X_KRAFT,
    ...changes,
  })
}

function roleIn(stack: Stack) {
  return new Role(stack, 'Client', { assumedBy: new ServicePrincipal('ec2.amazonaws.com') })
}

function provisionedTemplate(): Template {
  const stack = new TestStack()
  const cluster = clusterIn(stack, { numberOfBrokerNodes: 2, tags: { team: 'sales' } })
  new CfnOutput(stack, 'Bootstrap', { value: cluster.bootstrapBrokers })
  return Template.fromStack(stack)
}

const template = provisionedTemplate()

describe('a provisioned cluster', () => {
  it('is a custom resource with the properties of AWS::MSK::Cluster', () => {
    template.hasResource('Custom::FreshetCluster', {
      DeletionPolicy: 'Retain',
      Properties: {
        ServiceToken: 'arn:aws:sns:eu-west-1:123456789012:freshet',
        ClusterName: Match.stringLikeRegexp('^Test-Orders-'),
        KafkaVersion: '4.1.x.kraft',
        NumberOfBrokerNodes: 6,
        BrokerNodeGroupInfo: {
          InstanceType: 'kafka.m7g.large',
          ClientSubnets: ['subnet-a', 'subnet-b', 'subnet-c'],
          StorageInfo: { EBSStorageInfo: { VolumeSize: 100 } },
        },
        Tags: { team: 'sales' },
      },
    })
    const [id = ''] = Object.keys(resourcesOf(template, 'Custom::FreshetCluster'))
    template.hasOutput('Bootstrap', { Value: { 'Fn::GetAtt': [id, 'BootstrapBrokerString'] } })
  })

  it('has the security, logs and monitoring that it is given, by the names of AWS::MSK::Cluster', () => {
    const stack = new TestStack()
    const logGroup = new LogGroup(stack, 'Logs')
    clusterIn(stack, {
      clientAuthentication: {
        sasl: { scram: { enabled: true }, iam: { enabled: false } },
        tls: { enabled: true, certificateAuthorityArnList: ['arn:aws:acm-pca:eu-west-1:1:ca'] },
      },
      encryptionInfo: {
        encryptionAtRest: { dataVolumeKmsKeyId: 'arn:aws:kms:eu-west-1:1:key/1' },
        encryptionInTransit: { clientBroker: 'TLS', inCluster: true },
      },
      loggingInfo: { brokerLogs: { cloudWatchLogs: { enabled: true, logGroup: logGroup.logGroupName } } },
      openMonitoring: { prometheus: { jmxExporter: { enabledInBroker: true } } },
      storageMode: 'TIERED',
    })
    Template.fromStack(stack).hasResourceProperties('Custom::FreshetCluster', {
      ClientAuthentication: {
        Sasl: { Scram: { Enabled: true }, Iam: { Enabled: false } },
        Tls: { Enabled: true, CertificateAuthorityArnList: ['arn:aws:acm-pca:eu-west-1:1:ca'] },
      },
      EncryptionInfo: {
        EncryptionAtRest: { DataVolumeKMSKeyId: 'arn:aws:kms:eu-west-1:1:key/1' },
        EncryptionInTransit: { ClientBroker: 'TLS', InCluster: true },
      },
      LoggingInfo: {
        BrokerLogs: {
          CloudWatchLogs: { Enabled: true, LogGroup: { Ref: Match.stringLikeRegexp('^Logs') } },
        },
      },
      OpenMonitoring: { Prometheus: { JmxExporter: { EnabledInBroker: true } } },
      StorageMode: 'TIERED',
    })
  })

  it.each([
    ['a name with a space', { clusterName: 'my orders' }, "clusterName 'my orders'"],
    ['half a broker', { numberOfBrokerNodes: 1.5 }, 'numberOfBrokerNodes 1.5'],
    ['too many brokers', { numberOfBrokerNodes: 21 }, 'at most 60 in 3 zones'],
    ['one subnet', { clientSubnetIds: ['subnet-a'] }, 'two or three'],
    ['a volume of no size', { ebsStorageInfo: { volumeSize: 0 } }, 'volumeSize 0'],
    ['a level that there is not', { clusterMonitoringLevel: 'ALL' }, 'clusterMonitoringLevel ALL'],
    [
      'subnets that nobody has counted',
      { clientSubnetIds: Fn.split(',', Fn.importValue('Subnets')) },
      "Fn.split(',', list, 3)",
    ],
    [
      'a number that only CloudFormation knows',
      { numberOfBrokerNodes: Token.asNumber(Fn.importValue('Brokers')) },
      'numberOfBrokerNodes must be known',
    ],
  ])('refuses %s', (_name, changes, message) => {
    expect(() => clusterIn(new TestStack(), changes)).toThrow(message)
  })

  it('lets clients in where its brokers listen', () => {
    const stack = new TestStack()
    clusterIn(stack).connections.allowDefaultPortFrom(ec2.Peer.ipv4('10.1.0.0/16'))
    Template.fromStack(stack).hasResourceProperties('AWS::EC2::SecurityGroupIngress', {
      GroupId: 'sg-0123456789abcdef0',
      CidrIp: '10.1.0.0/16',
      FromPort: 19092,
      ToPort: 29091,
    })
  })
})

it('lets in a client of another stack, which needs it in turn', () => {
  const app = new App()
  const [theirs, ours] = [new Stack(app, 'Theirs', { env: ENV }), new Stack(app, 'Ours', { env: ENV })]
  const vpc = ec2.Vpc.fromVpcAttributes(ours, 'Vpc', { vpcId: 'vpc-1', availabilityZones: ZONES })
  const securityGroup = new ec2.SecurityGroup(theirs, 'Brokers', { vpc })
  const service = FreshetService.fromFreshetServiceAttributes({
    serviceToken: securityGroup.securityGroupId,
    brokerSecurityGroup: securityGroup,
    subnetIds: ['subnet-a', 'subnet-b', 'subnet-c'],
  })
  const client = new ec2.SecurityGroup(ours, 'Client', { vpc })
  client.connections.allowToDefaultPort(new ServerlessCluster(ours, 'Events', { service }))
  Template.fromStack(ours).hasResourceProperties('AWS::EC2::SecurityGroupIngress', {
    GroupId: { 'Fn::ImportValue': Match.stringLikeRegexp('Brokers') },
    FromPort: 19092,
  })
})

describe('a serverless cluster', () => {
  it('is in the subnets of the service, and can be deleted with its stack', () => {
    const stack = new TestStack()
    const removalPolicy = RemovalPolicy.DESTROY
    new ServerlessCluster(stack, 'Events', { service: importedService(stack), removalPolicy })
    Template.fromStack(stack).hasResource('Custom::FreshetServerlessCluster', {
      DeletionPolicy: 'Delete',
      Properties: Match.objectLike({
        ClusterName: Match.stringLikeRegexp('^Test-Events-'),
        VpcConfigs: [{ SubnetIds: ['subnet-a', 'subnet-b', 'subnet-c'] }],
      }),
    })
  })
})

describe('a topic', () => {
  it('is made in its cluster', () => {
    const stack = new TestStack()
    const cluster = clusterIn(stack)
    new Topic(stack, 'Clicks', { cluster, topicName: 'clicks', configs: { 'retention.ms': '1000' } })
    Template.fromStack(stack).hasResourceProperties('Custom::FreshetTopic', {
      ClusterArn: { 'Fn::GetAtt': [Match.stringLikeRegexp('Orders'), 'Arn'] },
      TopicName: 'clicks',
      PartitionCount: 3,
      ReplicationFactor: 3,
      Configs: { 'retention.ms': '1000' },
    })
  })

  it.each([
    ['a name with a slash', { topicName: 'a/b' }, "topicName 'a/b'"],
    ['no partitions', { partitionCount: 0 }, 'partitionCount 0'],
    ['no replicas', { replicationFactor: 0 }, 'replicationFactor 0'],
  ])('refuses %s', (_name, changes, message) => {
    const stack = new TestStack()
    expect(() => new Topic(stack, 'Clicks', { cluster: clusterIn(stack), ...changes })).toThrow(message)
  })

  it('needs to know the service of its cluster', () => {
    const stack = new TestStack()
    const cluster = ProvisionedCluster.fromClusterArn(stack, 'Orders', ARN)
    expect(() => new Topic(stack, 'Clicks', { cluster })).toThrow('The service of Test/Orders is not known')
  })
})

describe('an imported cluster', () => {
  it('has name and metrics, and grants what a consumer needs on the very ARNs of MSK', () => {
    const stack = new TestStack()
    const cluster = ServerlessCluster.fromClusterArn(stack, 'Orders', ARN)
    expect(cluster.clusterName).toBe('orders')
    expect(cluster.metricSumOffsetLag('billing', 'clicks')).toMatchObject({
      namespace: 'Freshet/Kafka',
      metricName: 'SumOffsetLag',
      dimensions: { 'Cluster Name': 'orders', 'Consumer Group': 'billing', Topic: 'clicks' },
    })
    cluster.grantRead(roleIn(stack), { topics: ['clicks'], groups: ['billing-*'] })
    const below = (kind: string, name: string) => `${ARN.replace(':cluster/', `:${kind}/`)}/${name}`
    Template.fromStack(stack).hasResourceProperties('AWS::IAM::Policy', {
      PolicyDocument: {
        Statement: [
          {
            Action: ['kafka-cluster:Connect', 'kafka-cluster:DescribeCluster'],
            Effect: 'Allow',
            Resource: ARN,
          },
          {
            Action: ['kafka-cluster:DescribeTopic', 'kafka-cluster:ReadData'],
            Effect: 'Allow',
            Resource: below('topic', 'clicks'),
          },
          {
            Action: ['kafka-cluster:AlterGroup', 'kafka-cluster:DescribeGroup'],
            Effect: 'Allow',
            Resource: below('group', 'billing-*'),
          },
        ],
        Version: '2012-10-17',
      },
    })
  })

  it('has the name of its ARN, which only CloudFormation may know, and nothing else for an ARN', () => {
    const stack = new TestStack()
    const imported = (id: string, arn: string) => ProvisionedCluster.fromClusterArn(stack, id, arn)
    const { clusterName } = imported('Known', Fn.importValue('Arn'))
    expect(stack.resolve(clusterName)).toEqual({
      'Fn::Select': [1, { 'Fn::Split': ['/', { 'Fn::ImportValue': 'Arn' }] }],
    })
    expect(() => imported('Half', 'arn:aws:kafka:eu-west-3:123456789012:cluster/orders')).toThrow('no ARN')
  })

  it('has no connections unless its security group is known', () => {
    const stack = new TestStack()
    const cluster = ProvisionedCluster.fromClusterArn(stack, 'Orders', ARN)
    expect(() => cluster.connections).toThrow('fromClusterAttributes')
  })
})

it('lets a producer write in transactions when it is given transactional ids', () => {
  const stack = new TestStack()
  clusterIn(stack).grantWrite(roleIn(stack), { topics: ['clicks'], transactionalIds: ['shop'] })
  const policies = JSON.stringify(resourcesOf(Template.fromStack(stack), 'AWS::IAM::Policy'))
  for (const action of ['WriteDataIdempotently', 'WriteData', 'AlterTransactionalId']) {
    expect(policies).toContain(`kafka-cluster:${action}`)
  }
})
