import { expect, it } from 'vitest'
import { resourcesOf, serviceTemplate } from '../testing/templates.ts'

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
]

const policies = resourcesOf(serviceTemplate(), 'AWS::IAM::Policy')
const statements = Object.values(policies).flatMap(({ Properties }) => {
  const { PolicyDocument } = Properties as { PolicyDocument: { Statement: readonly Statement[] } }
  return PolicyDocument.Statement
})
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

it('keep what the control plane knows from hosts', () => {
  const [host] = Object.entries(policies).filter(([id]) => id.includes('FleetRole'))
  const text = JSON.stringify(host)
  expect(text).toContain('StateCoordination')
  expect(text).not.toMatch(/StateControlPlane|Secret|AdministratorKey/)
})
