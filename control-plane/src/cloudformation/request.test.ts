import { describe, expect, it } from 'vitest'
import { inMskWords } from './properties.ts'
import { formatAnswer, parseRequest } from './request.ts'

const MESSAGE = {
  RequestType: 'Update',
  RequestId: 'r-1',
  StackId: 'arn:aws:cloudformation:us-east-1:1:stack/app/1',
  LogicalResourceId: 'Orders',
  ResourceType: 'Custom::FreshetTopic',
  ResponseURL: 'https://s3.example/answer?signature=x',
  PhysicalResourceId: 'arn:topic',
  ResourceProperties: { TopicName: 'a' },
  OldResourceProperties: { TopicName: 'b' },
}

describe('a request', () => {
  it('is read raw or out of an envelope of SNS', () => {
    const raw = JSON.stringify(MESSAGE)
    const wrapped = JSON.stringify({ Type: 'Notification', Message: raw, TopicArn: 'arn' })
    expect(parseRequest(raw)).toMatchObject({ requestType: 'Update', oldProperties: { TopicName: 'b' } })
    expect(parseRequest(wrapped)).toEqual(parseRequest(raw))
  })

  it.each([
    ['no JSON', 'hello'],
    ['another type', JSON.stringify({ ...MESSAGE, RequestType: 'Read' })],
    ['no physical id', JSON.stringify({ ...MESSAGE, PhysicalResourceId: undefined })],
    ['an address that is none of the web', JSON.stringify({ ...MESSAGE, ResponseURL: 'file:///etc/passwd' })],
    ['a resource of AWS', JSON.stringify({ ...MESSAGE, ResourceType: 'AWS::MSK::Cluster' })],
  ])('is refused with %s', (_name, body) => {
    expect(() => parseRequest(body)).toThrow(/^no request of CloudFormation: [^\n]+$/)
  })
})

it('is answered within what CloudFormation takes', () => {
  const reason = 'é'.repeat(10_000)
  const text = formatAnswer(parseRequest(JSON.stringify(MESSAGE)), {
    status: 'FAILED',
    physicalResourceId: 'p'.repeat(1000),
    reason,
  })
  expect(Buffer.byteLength(text)).toBeLessThan(4096)
  expect(JSON.parse(text)).toMatchObject({ Status: 'FAILED', RequestId: 'r-1', LogicalResourceId: 'Orders' })
})

it('has numbers and booleans again where MSK has them, and names of users as they were', () => {
  const properties = {
    ServiceToken: 'arn',
    NumberOfBrokerNodes: '3',
    ClusterName: '12',
    Tags: { Enabled: 'true', NumberOfBrokerNodes: '3' },
    OpenMonitoring: { Prometheus: { JmxExporter: { EnabledInBroker: 'false' } } },
    BrokerNodeGroupInfo: {
      StorageInfo: { EBSStorageInfo: { VolumeSize: '100' } },
      ClientSubnets: ['subnet-1'],
    },
  }
  expect(inMskWords(properties)).toEqual({
    numberOfBrokerNodes: 3,
    clusterName: '12',
    tags: { Enabled: 'true', NumberOfBrokerNodes: '3' },
    openMonitoring: { prometheus: { jmxExporter: { enabledInBroker: false } } },
    brokerNodeGroupInfo: {
      storageInfo: { ebsStorageInfo: { volumeSize: 100 } },
      clientSubnets: ['subnet-1'],
    },
  })
})
