import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, it, onTestFinished } from 'vitest'
import { createSdkApi } from './sdk.ts'

const TAGS = { 'freshet:host': 'h-1' }
const INSTANCE =
  '<item><instanceId>i-1</instanceId><instanceType>m7g.large</instanceType><instanceLifecycle>spot</instanceLifecycle><instanceState><name>running</name></instanceState><privateIpAddress>10.0.0.1</privateIpAddress><launchTime>2026-11-21T12:00:00Z</launchTime><tagSet><item><key>freshet:host</key><value>h-1</value></item></tagSet></item>'
const ATTACHMENT =
  '<attachmentSet><item><instanceId>i-1</instanceId><status>attached</status><attachTime>2026-11-21T12:01:00Z</attachTime></item></attachmentSet>'
const READ = {
  instanceId: 'i-1',
  state: 'running',
  privateIpAddress: '10.0.0.1',
  launchTimeMs: Date.parse('2026-11-21T12:00:00Z'),
  instanceType: 'm7g.large',
  market: 'spot',
  tags: TAGS,
}

it('runs one instance of the template, with version 2 of the metadata service only', async () => {
  const { api, requests } = await ec2({ RunInstances: `<instancesSet>${INSTANCE}</instancesSet>` })
  const request = {
    clientToken: 't',
    instanceType: 'm7g.large',
    market: 'spot',
    subnetId: 'subnet-1',
  } as const
  expect(await api.runInstance({ ...request, userData: '#!/bin/sh', tags: TAGS })).toEqual(READ)
  expect(requests[0]).toMatchObject({
    ClientToken: 't',
    'LaunchTemplate.LaunchTemplateId': 'lt-1',
    'LaunchTemplate.Version': '7',
    MinCount: '1',
    MaxCount: '1',
    InstanceType: 'm7g.large',
    SubnetId: 'subnet-1',
    'MetadataOptions.HttpTokens': 'required',
    'MetadataOptions.HttpPutResponseHopLimit': '1',
    'InstanceMarketOptions.MarketType': 'spot',
    'InstanceMarketOptions.SpotOptions.SpotInstanceType': 'one-time',
    UserData: Buffer.from('#!/bin/sh').toString('base64'),
    'TagSpecification.1.ResourceType': 'instance',
    'TagSpecification.1.Tag.1.Key': 'freshet:host',
  })
})

it('creates a volume that is encrypted and has its tags from the first moment', async () => {
  const { api, requests } = await ec2({
    CreateVolume: '<volumeId>vol-1</volumeId><status>creating</status><size>20</size>',
  })
  const shape = { sizeGiB: 20, throughputMiB: 1_000 }
  const request = { clientToken: 't', zone: 'us-east-1a', keyArn: 'arn:of-a-key', ...shape, tags: TAGS }
  const volume = await api.createVolume(request)
  expect(volume).toEqual({ volumeId: 'vol-1', state: 'creating', sizeGiB: 20, tags: {} })
  expect(requests[0]).toMatchObject({
    ClientToken: 't',
    Encrypted: 'true',
    KmsKeyId: 'arn:of-a-key',
    VolumeType: 'gp3',
    Size: '20',
    Throughput: '1000',
    Iops: '4000',
    'TagSpecification.1.Tag.1.Value': 'h-1',
  })
  await api.modifyVolume('vol-1', { sizeGiB: 30, throughputMiB: 125 })
  expect(requests[1]).toMatchObject({ Size: '30', Throughput: '125', Iops: '3000' })
})

it('reads all pages of what has the tags', async () => {
  const { api, requests } = await ec2({
    DescribeInstances: `<reservationSet><item><instancesSet>${INSTANCE}</instancesSet></item></reservationSet>`,
    DescribeVolumes: `<volumeSet><item><volumeId>vol-1</volumeId><status>in-use</status><size>20</size><throughput>300</throughput>${ATTACHMENT}</item></volumeSet><nextToken>more</nextToken>`,
  })
  expect(await api.describeInstances(TAGS)).toEqual([READ])
  expect(requests[0]).toMatchObject({ 'Filter.1.Name': 'tag:freshet:host', 'Filter.1.Value.1': 'h-1' })
  const attachment = { instanceId: 'i-1', state: 'attached', sinceMs: Date.parse('2026-11-21T12:01:00Z') }
  const volume = { volumeId: 'vol-1', state: 'in-use', sizeGiB: 20, throughputMiB: 300, tags: {}, attachment }
  expect(await api.describeVolumes(TAGS)).toEqual([volume, volume])
  expect(requests[2]).toMatchObject({ NextToken: 'more' })
})

it('reads the last change of volumes, of which some have never been changed', async () => {
  const change =
    '<volumeId>vol-1</volumeId><modificationState>optimizing</modificationState><progress>63</progress>'
  const { api, requests } = await ec2({
    DescribeVolumesModifications: `<volumeModificationSet><item>${change}</item></volumeModificationSet>`,
  })
  const modification = { volumeId: 'vol-1', state: 'optimizing', percentDone: 63 }
  expect(await api.describeModifications(['vol-1', 'vol-2'])).toEqual([modification])
  expect(requests[0]).toMatchObject({ 'Filter.1.Name': 'volume-id', 'Filter.1.Value.2': 'vol-2' })
})

it('tells why an instance is no longer there', async () => {
  const reason = '<code>Client.InternalError</code><message>Client error on launch</message>'
  const ended = INSTANCE.replace('<tagSet>', `<stateReason>${reason}</stateReason><tagSet>`)
  const { api } = await ec2({
    DescribeInstances: `<reservationSet><item><instancesSet>${ended}</instancesSet></item></reservationSet>`,
  })
  const [instance] = await api.describeInstances(TAGS)
  expect(instance?.stateReason).toEqual({ code: 'Client.InternalError', message: 'Client error on launch' })
})

it('names instances whose status checks fail, whether or not EC2 has filtered them', async () => {
  const status = (id: string, own: string, system: string) =>
    `<item><instanceId>${id}</instanceId><instanceStatus><status>${own}</status></instanceStatus><systemStatus><status>${system}</status></systemStatus></item>`
  const all = status('i-1', 'ok', 'ok') + status('i-2', 'impaired', 'ok') + status('i-3', 'ok', 'impaired')
  const { api, requests } = await ec2({
    DescribeInstanceStatus: `<instanceStatusSet>${all}</instanceStatusSet>`,
  })
  expect(await api.describeImpaired()).toEqual(new Set(['i-2', 'i-3']))
  expect(requests.map((request) => request['Filter.1.Name'])).toEqual([
    'instance-status.status',
    'system-status.status',
  ])
})

it('uses force only where it is told to', async () => {
  const { api, requests } = await ec2({})
  await api.terminateInstance('i-1')
  await api.detachVolume('vol-1', 'i-1')
  await api.terminateInstance('i-1', 'FORCED')
  await api.detachVolume('vol-1', 'i-1', 'FORCED')
  expect(requests.map(({ Action, Force }) => [Action, Force])).toEqual([
    ['TerminateInstances', undefined],
    ['DetachVolume', undefined],
    ['TerminateInstances', 'true'],
    ['DetachVolume', 'true'],
  ])
  expect(requests[2]).toMatchObject({ 'InstanceId.1': 'i-1' })
  expect(requests[3]).toMatchObject({ VolumeId: 'vol-1', InstanceId: 'i-1' })
})

it('takes for done what was gone already, and hands on any other error with its code', async () => {
  const { api } = await ec2({}, 'InvalidVolume.NotFound')
  await api.deleteVolume('vol-1')
  await expect(api.attachVolume('vol-1', 'i-1')).rejects.toMatchObject({ name: 'InvalidVolume.NotFound' })
  const { api: full } = await ec2({}, 'InsufficientInstanceCapacity')
  await expect(full.terminateInstance('i-1')).rejects.toMatchObject({ name: 'InsufficientInstanceCapacity' })
})

/** EC2's query protocol: answers by action, the second page of anything without a further one. */
async function ec2(answers: Record<string, string>, errorCode?: string) {
  const requests: Record<string, string>[] = []
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    const parameters = Object.fromEntries(new URLSearchParams(Buffer.concat(chunks).toString()))
    requests.push(parameters)
    const action = parameters.Action!
    const body = (answers[action] ?? '').replace(
      parameters.NextToken === undefined ? '' : /<nextToken>.*/,
      '',
    )
    const error = `<Response><Errors><Error><Code>${errorCode}</Code><Message>no</Message></Error></Errors></Response>`
    response.writeHead(errorCode === undefined ? 200 : 400, { 'content-type': 'text/xml' })
    response.end(errorCode === undefined ? `<${action}Response>${body}</${action}Response>` : error)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  const { port } = server.address() as AddressInfo
  const client = {
    endpoint: `http://127.0.0.1:${port}`,
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    maxAttempts: 1,
  }
  return {
    requests,
    api: createSdkApi({ region: 'us-east-1', launchTemplate: { id: 'lt-1', version: '7' }, client }),
  }
}
