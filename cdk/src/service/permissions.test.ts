import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Template } from 'aws-cdk-lib/assertions'
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import { PrivateHostedZone } from 'aws-cdk-lib/aws-route53'
import { describe, expect, it } from 'vitest'
import { type Resource, resourcesOf, serviceIn, serviceTemplate, TestStack } from '../testing/templates.ts'
import { ServiceNetwork } from './network.ts'
import { Software } from './software.ts'

interface Statement {
  readonly Effect: string
  readonly Action: string | readonly string[]
  readonly Resource: unknown
  readonly Condition?: unknown
}

/** AWS knows no narrower resource for these. */
const NEED_ALL_RESOURCES = [
  'cloudwatch:PutMetricData',
  'ec2:DescribeInstanceStatus',
  'ec2:DescribeInstances',
  'ec2:DescribeSubnets',
  'ec2:DescribeVolumes',
  'ec2:DescribeVolumesModifications',
]

const policies = resourcesOf(serviceTemplate(), 'AWS::IAM::Policy')
const statements = Object.values(policies).flatMap(statementsOf)
const actionsOf = ({ Action }: Statement) => (typeof Action === 'string' ? [Action] : Action)

it('allow no action by a pattern', () => {
  expect(statements.length).toBeGreaterThan(10)
  expect(statements.flatMap(actionsOf).filter((action) => action.includes('*'))).toEqual([])
})

it('allow all resources only where AWS knows no others', () => {
  const everywhere = statements.filter(({ Resource }) => [Resource].flat().includes('*'))
  expect(everywhere.flatMap(actionsOf).sort()).toEqual(NEED_ALL_RESOURCES)
})

it('let the control plane change only what carries the tag of the service, or comes from its template', () => {
  const changing = /^ec2:(RunInstances|Create|Terminate|Attach|Detach|Modify|Delete)/
  const anyOfKind = statements.filter(
    (statement) =>
      actionsOf(statement).some((action) => changing.test(action)) &&
      JSON.stringify(statement.Resource).includes('/*'),
  )
  expect(anyOfKind.length).toBeGreaterThan(5)
  for (const { Condition } of anyOfKind) {
    expect(JSON.stringify(Condition)).toMatch(/freshet:service|ec2:LaunchTemplate/)
  }
})

describe('every call of the SDK', () => {
  const stack = new TestStack()
  const { vpc } = new ServiceNetwork(stack, 'Net')
  const hostedZone = new PrivateHostedZone(stack, 'Zone', { vpc, zoneName: 'freshet.internal' })
  const software = new Software(stack, 'Software', { path: import.meta.filename })
  const sharedHosts = { types: ['m7g.large'], markets: ['spot'] } as const
  serviceIn(stack, { vpc, hostedZone, software, sharedHosts })
  const granted = resourcesOf(Template.fromStack(stack), 'AWS::IAM::Policy')
  const grantedTo = (role: string) =>
    Object.entries(granted)
      .filter(([id]) => id.includes(role))
      .flatMap(([, policy]) => statementsOf(policy).flatMap(actionsOf))

  it('that the control plane makes is allowed to it, and nothing that nobody calls', () => {
    const called = [...actionsCalledIn('control-plane'), ...actionsCalledIn('services/coordination')]
    expect(called.length).toBeGreaterThan(20)
    expect([...new Set([...called, ...IMPLIED])].sort()).toEqual(
      [...new Set(grantedTo('ControlPlaneRole'))].sort(),
    )
  })

  it('that brokers make is allowed to hosts, and the download of the software', () => {
    const called = [...actionsCalledIn('broker'), ...actionsCalledIn('services/coordination')]
    const allowed = [...new Set([...called, 'dynamodb:ConditionCheckItem', 's3:GetObject'])].sort()
    expect(allowed).toEqual([...new Set(grantedTo('FleetRole'))].sort())
  })
})

it('let hosts have the software of any version: while one is rolled out the former still launches hosts', () => {
  const stack = new TestStack()
  const software = new Software(stack, 'Software', { path: import.meta.filename })
  const role = new Role(stack, 'Role', { assumedBy: new ServicePrincipal('ec2.amazonaws.com') })
  software.grantRead(role)
  const [policy] = Object.values(resourcesOf(Template.fromStack(stack), 'AWS::IAM::Policy'))
  const resource = JSON.stringify(policy && statementsOf(policy)[0]?.Resource)
  expect(resource).toMatch(/assets-123456789012-eu-west-1\/\*\.ts"/)
})

/** What AWS or user data asks for in the course of a call. */
const IMPLIED = [
  'dynamodb:ConditionCheckItem',
  'ec2:CreateTags',
  'iam:CreateServiceLinkedRole',
  'iam:PassRole',
  's3:GetObject',
  'secretsmanager:DescribeSecret',
]

/** Packages of the SDK by the prefix of their actions. */
const PREFIXES: Readonly<Record<string, string>> = {
  cloudwatch: 'cloudwatch',
  dynamodb: 'dynamodb',
  ec2: 'ec2',
  'route-53': 'route53',
  'secrets-manager': 'secretsmanager',
  sqs: 'sqs',
}

/** By what sources import: `XCommand` and `paginateX` call X. A transaction needs the rights of its parts. */
function actionsCalledIn(workspace: string): string[] {
  const folder = join(import.meta.dirname, '../../..', workspace, 'src')
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  const sources = files.filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'))
  const imports = sources.flatMap((file) => [
    ...readFileSync(join(folder, file), 'utf8').matchAll(/import ([^;]*?) from '@aws-sdk\/client-([\w-]+)'/g),
  ])
  return imports.flatMap(([, names = '', client = '']) => {
    const prefix = PREFIXES[client]
    if (prefix === undefined) throw new Error(`PREFIXES lacks ${client}`)
    const calls = [...names.matchAll(/\b(?:(\w+)Command|paginate(\w+))\b/g)].map(([, a, b]) => a ?? b)
    return calls.filter((call) => call !== 'TransactWriteItems').map((call) => `${prefix}:${call}`)
  })
}

it('keep what the control plane knows from hosts', () => {
  const [host] = Object.entries(policies).filter(([id]) => id.includes('FleetRole'))
  const text = JSON.stringify(host)
  expect(text).toContain('StateCoordination')
  expect(text).not.toMatch(/StateControlPlane|Secret|AdministratorKey/)
})

function statementsOf({ Properties }: Resource): readonly Statement[] {
  return (Properties as { PolicyDocument: { Statement: readonly Statement[] } }).PolicyDocument.Statement
}
