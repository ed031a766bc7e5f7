/** What our hook adds to LocalStack's CloudFormation: each resource is made, changed and taken away in earnest. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { suite } from '../../support/requirements.ts'
import { type Aws, awsCli } from '../aws.ts'
import { deleteStack, deployStack, outputsOf } from '../stacks.ts'
import { type LocalStack, startLocalStack } from './localstack.ts'
import { refusedTemplate, stackTemplate } from './stack-template.ts'
import { startTopicService, type TopicService } from './topic-service.ts'

suite('CloudFormation on LocalStack', ['docker', 'aws', 'localstack'], () => {
  let localstack: LocalStack
  let aws: Aws
  let service: TopicService

  beforeAll(async () => {
    localstack = await startLocalStack()
    aws = awsCli(localstack.environment)
    await aws('sns', 'create-topic', '--name', 'requests')
    service = await startTopicService()
    const which = ['--topic-arn', TOPIC, '--protocol', 'http', '--notification-endpoint', service.url]
    await aws('sns', 'subscribe', ...which)
  }, 420_000)
  afterAll(async () => {
    await service?.stop()
    await localstack?.stop()
  })

  test('makes instances as they are described, and waits for what others answer', async () => {
    service.answer = ({ ResourceProperties }) => ({
      Status: 'SUCCESS',
      PhysicalResourceId: 'thing-1',
      Data: { Echo: `${ResourceProperties.Message}!` },
    })
    const outputs = await deploy('first')
    expect(service.requests.splice(0)).toMatchObject([
      { RequestType: 'Create', ResourceType: 'Custom::Thing', ResourceProperties: { Many: '3' } },
    ])
    expect(outputs).toMatchObject({ Echo: 'first!', Thing: 'thing-1', Address: '10.98.0.9' })

    const instance = await instanceOf(outputs.Instance!)
    expect(instance).toMatchObject({ PrivateIpAddress: '10.98.0.9', State: { Name: 'running' } })
    expect(instance.IamInstanceProfile.Arn).toContain('instance-profile')
    expect(instance.Tags).toContainEqual({ Key: 'aws:cloudformation:logical-id', Value: 'Instance' })
    expect(instance.BlockDeviceMappings.map(({ DeviceName }) => DeviceName)).toContain('/dev/sdf')
    expect(await userDataOf(outputs.Instance!)).toBe('#!/bin/sh\necho first\n')
    const rules = await aws<SecurityGroups>('ec2', 'describe-security-groups', '--group-ids', outputs.Group!)
    expect(rules.SecurityGroups[0]!.IpPermissions).toMatchObject([{ FromPort: 9092, ToPort: 9092 }])
    expect(await aws('cloudwatch', 'get-dashboard', '--dashboard-name', 'hooked')).toMatchObject({
      DashboardName: 'hooked',
    })
  })

  test('a second deployment of the same changes nothing, one with other parameters what it names', async () => {
    const before = await outputsOf(aws, STACK)
    expect(await deploy('first')).toEqual(before)
    expect(service.requests).toEqual([])
    const after = await deploy('second')
    expect(service.requests.splice(0)).toMatchObject([
      {
        RequestType: 'Update',
        PhysicalResourceId: 'thing-1',
        ResourceProperties: { Message: 'second' },
        OldResourceProperties: { Message: 'first' },
      },
    ])
    expect(after).toEqual({ ...before, Echo: 'second!' })
    expect(await userDataOf(after.Instance!)).toBe('#!/bin/sh\necho second\n')
    expect(await aws('cloudwatch', 'describe-alarms')).toMatchObject({
      MetricAlarms: [{ AlarmDescription: 'second' }],
    })
  })

  test('what a service refuses fails the stack, with its reason', async () => {
    service.answer = () => ({ Status: 'FAILED', PhysicalResourceId: 'thing-2', Reason: 'no such thing' })
    const which = ['--stack-name', 'refused', '--template-body', JSON.stringify(refusedTemplate(TOPIC))]
    await aws('cloudformation', 'create-stack', ...which)
    const events = async () =>
      JSON.stringify(await aws('cloudformation', 'describe-stack-events', '--stack-name', 'refused'))
    await expect.poll(events).toContain('no such thing')
  })

  test('a deleted stack leaves nothing, and its service is told', async () => {
    service.answer = () => ({ Status: 'SUCCESS', PhysicalResourceId: 'thing-1' })
    service.requests.length = 0
    await deleteStack(aws, STACK)
    expect(service.requests).toMatchObject([{ RequestType: 'Delete', PhysicalResourceId: 'thing-1' }])
    const { Reservations } = await aws<Instances>('ec2', 'describe-instances')
    const states = Reservations.flatMap(({ Instances }) => Instances.map(({ State }) => State.Name))
    expect(states).toEqual(['terminated'])
    expect(await aws('ec2', 'describe-volumes')).toMatchObject({ Volumes: [] })
    expect(await aws('route53', 'list-hosted-zones')).toMatchObject({ HostedZones: [] })
  })

  function deploy(message: string): Promise<Record<string, string>> {
    return deployStack(aws, STACK, stackTemplate(TOPIC), { Message: message })
  }

  async function instanceOf(instanceId: string) {
    const { Reservations } = await aws<Instances>('ec2', 'describe-instances', '--instance-ids', instanceId)
    return Reservations[0]!.Instances[0]!
  }

  async function userDataOf(instanceId: string): Promise<string> {
    const which = ['--instance-id', instanceId, '--attribute', 'userData']
    const { UserData } = await aws<{ UserData: { Value: string } }>(
      'ec2',
      'describe-instance-attribute',
      ...which,
    )
    return Buffer.from(UserData.Value, 'base64').toString()
  }
})

interface Instances {
  readonly Reservations: readonly { readonly Instances: readonly Instance[] }[]
}
interface Instance {
  readonly State: { readonly Name: string }
  readonly IamInstanceProfile: { readonly Arn: string }
  readonly Tags: readonly object[]
  readonly BlockDeviceMappings: readonly { readonly DeviceName: string }[]
}
interface SecurityGroups {
  readonly SecurityGroups: readonly { readonly IpPermissions: readonly object[] }[]
}
const STACK = 'hooked'
const TOPIC = 'arn:aws:sns:us-east-1:000000000000:requests'
