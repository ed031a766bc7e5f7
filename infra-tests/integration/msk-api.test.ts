import * as sdk from '@aws-sdk/client-kafka'
import {
  BadRequestException,
  type CreateClusterV2CommandInput,
  KafkaClient,
  type KafkaClientConfig,
  type KafkaServiceException,
  NotFoundException,
  paginateListClustersV2,
  paginateListNodes,
} from '@aws-sdk/client-kafka'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { PATIENCE_MS, waitFor } from '../support/wait.ts'
import { type AwsKafka, awsKafka, suiteWithAwsCli } from './aws-cli.ts'
import { type ControlPlaneProcess, startControlPlane } from './control-plane-process.ts'

/** The MSK API as its real clients see it: the AWS CLI and the AWS SDK for JavaScript. */

let controlPlane: ControlPlaneProcess
beforeAll(async () => {
  controlPlane = await startControlPlane()
})
afterAll(() => controlPlane.stop())

const SERVERLESS = {
  VpcConfigs: [{ SubnetIds: ['subnet-1', 'subnet-2'], SecurityGroupIds: ['sg-1'] }],
  ClientAuthentication: { Sasl: { Iam: { Enabled: true } } },
}
const BROKER_NODES = { InstanceType: 'kafka.m7g.large', ClientSubnets: ['subnet-1', 'subnet-2', 'subnet-3'] }
const THREE_BROKERS = /^127\.0\.0\.1:\d+,127\.0\.0\.1:\d+,127\.0\.0\.1:\d+$/
const UNKNOWN = 'arn:aws:kafka:us-east-1:000000000000:cluster/none/11111111-2222-3333-4444-555555555555-1'

suiteWithAwsCli('the AWS CLI', () => {
  let aws: AwsKafka
  beforeAll(() => {
    aws = awsKafka(controlPlane.endpoint)
  })

  it('leads a serverless cluster through its life', async () => {
    const serverless = ['--serverless', JSON.stringify(SERVERLESS)]
    const created = await aws('create-cluster-v2', '--cluster-name', 'cli-serverless', ...serverless)
    expect(created.json).toMatchObject({ State: 'CREATING', ClusterType: 'SERVERLESS' })
    const arn = ['--cluster-arn', String(created.json.ClusterArn)]
    const info = await waitFor('ACTIVE', PATIENCE_MS, async () => {
      const { json } = await aws('describe-cluster-v2', ...arn)
      const cluster = json.ClusterInfo as Record<string, unknown>
      return cluster.State === 'ACTIVE' && cluster
    })
    expect(info).toMatchObject({ ClusterName: 'cli-serverless', Serverless: SERVERLESS })
    const brokers = await aws('get-bootstrap-brokers', ...arn)
    expect(brokers.json).toEqual({ BootstrapBrokerString: expect.stringMatching(THREE_BROKERS) })
    const duplicate = await aws('create-cluster-v2', '--cluster-name', 'cli-serverless', ...serverless)
    expect(duplicate.error).toMatch(/\(ConflictException\).*CreateClusterV2.*already exists/)
    expect((await aws('list-nodes', ...arn)).error).toContain('(BadRequestException)')
    expect((await aws('describe-cluster', ...arn)).error).toContain('(BadRequestException)')
    expect((await aws('delete-cluster', ...arn)).json).toMatchObject({ State: 'DELETING' })
    const gone = await waitFor('the end of the cluster', PATIENCE_MS, async () => {
      const { error } = await aws('describe-cluster-v2', ...arn)
      return error !== '' && error
    })
    expect(gone).toContain('(NotFoundException)')
  })

  it('creates a provisioned cluster and asks all about it', async () => {
    const created = await aws(
      ...['create-cluster', '--cluster-name', 'cli-provisioned', '--kafka-version', '4.1.x.kraft'],
      ...['--number-of-broker-nodes', '3', '--broker-node-group-info', JSON.stringify(BROKER_NODES)],
    )
    expect(created.json).toMatchObject({ State: 'CREATING', ClusterName: 'cli-provisioned' })
    const arn = ['--cluster-arn', String(created.json.ClusterArn)]
    await waitFor('ACTIVE', PATIENCE_MS, async () => {
      const { json } = await aws('describe-cluster', ...arn)
      return (json.ClusterInfo as Record<string, unknown>).State === 'ACTIVE'
    })
    const { json: nodes } = await aws('list-nodes', ...arn, '--page-size', '2')
    expect(
      (nodes.NodeInfoList as { BrokerNodeInfo: { BrokerId: number } }[]).map(
        (n) => n.BrokerNodeInfo.BrokerId,
      ),
    ).toEqual([1, 2, 3])
    const { json: listed } = await aws('list-clusters', '--cluster-name-filter', 'cli-prov')
    expect(listed.ClusterInfoList).toMatchObject([{ ClusterName: 'cli-provisioned' }])
    const { json: compatible } = await aws('get-compatible-kafka-versions', ...arn)
    expect(compatible.CompatibleKafkaVersions).toMatchObject([{ SourceVersion: '4.1.x.kraft' }])
    const { json: versions } = await aws('list-kafka-versions')
    expect(versions.KafkaVersions).toContainEqual({ Version: '4.1.x.kraft', Status: 'ACTIVE' })
  })

  it('follows cluster operations, in both versions', async () => {
    const arn = await existing('cli-operations')
    for (const version of ['', '-v2']) {
      const { json } = await aws(`list-cluster-operations${version}`, '--cluster-arn', arn)
      const [operation] = json.ClusterOperationInfoList as { OperationArn: string }[]
      expect(operation).toMatchObject({ OperationType: 'CREATE_CLUSTER', OperationState: 'UPDATE_COMPLETE' })
      const one = ['--cluster-operation-arn', operation!.OperationArn]
      const described = await aws(`describe-cluster-operation${version}`, ...one)
      expect(described.json.ClusterOperationInfo).toMatchObject({
        ClusterArn: arn,
        EndTime: expect.any(String),
      })
    }
  })

  it('tags and untags', async () => {
    const arn = await existing('cli-tags')
    const resource = ['--resource-arn', arn]
    const tags = JSON.stringify({ team: 'sales', 'cost center': '42' })
    expect(await aws('tag-resource', ...resource, '--tags', tags)).toMatchObject({ exitCode: 0, json: {} })
    expect((await aws('untag-resource', ...resource, '--tag-keys', 'team', 'none')).exitCode).toBe(0)
    expect((await aws('list-tags-for-resource', ...resource)).json).toEqual({ Tags: { 'cost center': '42' } })
  })

  it.each([
    [
      'a bad name',
      ['create-cluster-v2', '--cluster-name', 'a_b', '--serverless', JSON.stringify(SERVERLESS)],
      'BadRequestException',
    ],
    ['an unknown ARN', ['describe-cluster-v2', '--cluster-arn', UNKNOWN], 'NotFoundException'],
    ['a malformed ARN', ['describe-cluster-v2', '--cluster-arn', 'none'], 'BadRequestException'],
    [
      'an unknown operation',
      ['describe-cluster-operation-v2', '--cluster-operation-arn', 'none'],
      'BadRequestException',
    ],
    [
      'a replicator that cannot be there',
      ['describe-replicator', '--replicator-arn', 'none'],
      'NotFoundException',
    ],
  ])('is told of %s', async (_what, args, code) => {
    const { exitCode, error } = await aws(...args)
    expect(exitCode).not.toBe(0)
    expect(error).toContain(`(${code})`)
  })

  it.each([
    ['a wrong secret', { AWS_SECRET_ACCESS_KEY: 'wrong' }, 'InvalidSignatureException'],
    ['an unknown key', { AWS_ACCESS_KEY_ID: 'AKIAEXAMPLE' }, 'UnrecognizedClientException'],
    ['another region', { AWS_DEFAULT_REGION: 'eu-west-1' }, 'InvalidSignatureException'],
  ])('is refused with %s', async (_what, environment, code) => {
    const { error } = await awsKafka(controlPlane.endpoint, environment)('list-clusters-v2')
    expect(error).toContain(`(${code})`)
  })

  it('may use temporary credentials with the development key', async () => {
    const temporary = awsKafka(controlPlane.endpoint, { AWS_SESSION_TOKEN: 'token//==' })
    expect((await temporary('list-clusters-v2')).exitCode).toBe(0)
  })
})

/** Enough for every request to find its way; what it asks for is not there. */
const EVERYTHING = {
  ...{ ClusterArn: UNKNOWN, TargetClusterArn: UNKNOWN, ResourceArn: UNKNOWN, CurrentVersion: 'K1' },
  ...{ ClusterOperationArn: 'none', Arn: 'none', ReplicatorArn: 'none', ChannelArn: 'none' },
  ...{ VpcConnectionArn: 'none', TopicName: 'none', Revision: 1, TagKeys: ['none'] },
}

describe('every operation of the SDK’s model', () => {
  const commands = Object.entries(sdk).filter(([name]) => /^[A-Z].*Command$/.test(name))

  it('is there: the 59 of the AWS CLI and the five of channels', () => {
    expect(commands).toHaveLength(64)
  })

  it.each(commands)('is answered, or refused with an error of the model: %s', async (_name, command) => {
    if (typeof command !== 'function') throw new Error('no command')
    const request: sdk.ListClustersV2Command = Reflect.construct(command, [EVERYTHING])
    const error = await client()
      .send(request)
      .catch((cause: unknown) => cause)
    if (!(error instanceof Error)) return
    expect(error).toBeInstanceOf(sdk.KafkaServiceException)
    expect(error.name).toBeOneOf(['BadRequestException', 'NotFoundException'])
  })
})

describe('the AWS SDK for JavaScript', () => {
  it('leads a provisioned cluster through its life', async () => {
    const kafka = client()
    const created = await kafka.send(
      new sdk.CreateClusterV2Command({
        ClusterName: 'sdk-provisioned',
        Tags: { team: 'sales' },
        Provisioned: { KafkaVersion: '3.9.x', NumberOfBrokerNodes: 6, BrokerNodeGroupInfo: BROKER_NODES },
      }),
    )
    expect(created).toMatchObject({ State: 'CREATING', ClusterType: 'PROVISIONED' })
    const ClusterArn = created.ClusterArn!
    const info = await active(kafka, ClusterArn)
    expect(info.CreationTime).toBeInstanceOf(Date)
    expect(info).toMatchObject({ Tags: { team: 'sales' }, Provisioned: { NumberOfBrokerNodes: 6 } })
    const brokerIds: (number | undefined)[] = []
    for await (const page of paginateListNodes({ client: kafka, pageSize: 4 }, { ClusterArn })) {
      brokerIds.push(...(page.NodeInfoList ?? []).map((node) => node.BrokerNodeInfo?.BrokerId))
    }
    expect(brokerIds).toEqual([1, 2, 3, 4, 5, 6])
    expect((await kafka.send(new sdk.DescribeClusterCommand({ ClusterArn }))).ClusterInfo?.State).toBe(
      'ACTIVE',
    )
    const stale = new sdk.DeleteClusterCommand({ ClusterArn, CurrentVersion: 'KSTALE' })
    await expect(kafka.send(stale)).rejects.toMatchObject({ name: 'BadRequestException' })
    const CurrentVersion = info.CurrentVersion!
    const deleted = await kafka.send(new sdk.DeleteClusterCommand({ ClusterArn, CurrentVersion }))
    expect(deleted.State).toBe('DELETING')
    await gone(kafka, ClusterArn)
    await waitFor('all units to be stopped', PATIENCE_MS, async () =>
      controlPlane.agent.running().every((unitId) => !ClusterArn.includes(unitId.slice(0, 36))),
    )
  })

  it('lists operations, versions, tags and bootstrap brokers', async () => {
    const kafka = client()
    const ClusterArn = await existing('sdk-reads')
    const bootstrap = await kafka.send(new sdk.GetBootstrapBrokersCommand({ ClusterArn }))
    expect(bootstrap.BootstrapBrokerString).toMatch(THREE_BROKERS)
    expect(bootstrap.BootstrapBrokerStringTls).toBeUndefined()
    const operations = await kafka.send(new sdk.ListClusterOperationsV2Command({ ClusterArn }))
    const [operation] = operations.ClusterOperationInfoList!
    expect(operation?.StartTime).toBeInstanceOf(Date)
    const ClusterOperationArn = operation!.OperationArn!
    const v1 = await kafka.send(new sdk.DescribeClusterOperationCommand({ ClusterOperationArn }))
    expect(v1.ClusterOperationInfo?.OperationSteps?.length).toBeGreaterThan(0)
    await kafka.send(new sdk.TagResourceCommand({ ResourceArn: ClusterArn, Tags: { 'a b': 'c', d: 'ä' } }))
    await kafka.send(new sdk.UntagResourceCommand({ ResourceArn: ClusterArn, TagKeys: ['a b'] }))
    const tags = await kafka.send(new sdk.ListTagsForResourceCommand({ ResourceArn: ClusterArn }))
    expect(tags.Tags).toEqual({ d: 'ä' })
    const versions = await kafka.send(new sdk.ListKafkaVersionsCommand({ MaxResults: 3 }))
    expect(versions.KafkaVersions).toHaveLength(3)
  })

  it('pages through clusters', async () => {
    const kafka = client()
    for (const name of ['page-1', 'page-2', 'page-3']) await existing(name)
    const names: (string | undefined)[] = []
    const paginator = paginateListClustersV2({ client: kafka, pageSize: 2 }, { ClusterNameFilter: 'page-' })
    for await (const page of paginator) names.push(...(page.ClusterInfoList ?? []).map((c) => c.ClusterName))
    expect(names).toEqual(['page-1', 'page-2', 'page-3'])
  })

  it('throws the exceptions of its own model', async () => {
    const kafka = client()
    const nobody = new sdk.DescribeClusterV2Command({ ClusterArn: UNKNOWN })
    await expect(kafka.send(nobody)).rejects.toBeInstanceOf(NotFoundException)
    const invalid: CreateClusterV2CommandInput = { ClusterName: 'x', Serverless: { VpcConfigs: [] } }
    const refused = await kafka.send(new sdk.CreateClusterV2Command(invalid)).catch((error: unknown) => error)
    expect(refused).toBeInstanceOf(BadRequestException)
    expect(refused).toMatchObject({ InvalidParameter: 'vpcConfigs', $metadata: { httpStatusCode: 400 } })
    expect((refused as KafkaServiceException).$metadata.requestId).toMatch(/^[0-9a-f-]{36}$/)
  })

  it.each<[string, Partial<KafkaClientConfig>, string]>([
    ['a clock that is slow', { systemClockOffset: -600_000 }, 'InvalidSignatureException'],
    ['a clock that is fast', { systemClockOffset: 600_000 }, 'InvalidSignatureException'],
    [
      'a wrong secret',
      { credentials: { accessKeyId: 'test', secretAccessKey: 'x' } },
      'InvalidSignatureException',
    ],
    [
      'an unknown key',
      { credentials: { accessKeyId: 'x', secretAccessKey: 'x' } },
      'UnrecognizedClientException',
    ],
  ])('is refused with %s', async (_what, config, name) => {
    const listing = client(config).send(new sdk.ListClustersV2Command({}))
    await expect(listing).rejects.toMatchObject({ name, $metadata: { httpStatusCode: 403 } })
  })
})

function client(config: Partial<KafkaClientConfig> = {}): KafkaClient {
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' }
  return new KafkaClient({
    region: 'us-east-1',
    endpoint: controlPlane.endpoint,
    credentials,
    maxAttempts: 1,
    ...config,
  })
}

async function existing(ClusterName: string): Promise<string> {
  const kafka = client()
  const { ClusterArn } = await kafka.send(
    new sdk.CreateClusterV2Command({ ClusterName, Serverless: SERVERLESS }),
  )
  await active(kafka, ClusterArn!)
  return ClusterArn!
}

function active(kafka: KafkaClient, ClusterArn: string) {
  return waitFor(`${ClusterArn} to be ACTIVE`, PATIENCE_MS, async () => {
    const { ClusterInfo } = await kafka.send(new sdk.DescribeClusterV2Command({ ClusterArn }))
    return ClusterInfo?.State === 'ACTIVE' && ClusterInfo
  })
}

function gone(kafka: KafkaClient, ClusterArn: string) {
  return waitFor(`${ClusterArn} to be gone`, PATIENCE_MS, async () => {
    const describing = kafka.send(new sdk.DescribeClusterV2Command({ ClusterArn }))
    return describing.then(
      () => false,
      (error: unknown) => error instanceof NotFoundException,
    )
  })
}
