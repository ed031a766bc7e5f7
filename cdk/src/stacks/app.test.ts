import { App } from 'aws-cdk-lib'
import { Template } from 'aws-cdk-lib/assertions'
import { describe, expect, it } from 'vitest'
import { ENV, ZONES } from '../testing/templates.ts'
import { addStacks } from './app.ts'

const IMAGE = 'ami-0123456789abcdef0'
const CONTEXT = { hostImage: IMAGE, zones: ZONES.join(','), removal: 'destroy' }

function appWith(context: Record<string, string>): App {
  const app = new App({ context })
  addStacks(app, ENV)
  return app
}

function stackNames(app: App): string[] {
  return app.node.children.map(({ node }) => node.id).filter((id) => id.startsWith('Freshet'))
}

describe('the stacks', () => {
  const app = appWith(CONTEXT)
  const assembly = app.synth()
  const template = (name: string) => Template.fromJSON(assembly.getStackByName(name).template)

  it('are what is kept, what is rolled, and what people look at', () => {
    expect(stackNames(app)).toEqual([
      'FreshetState',
      'FreshetNetwork',
      'FreshetService',
      'FreshetObservability',
    ])
  })

  it('have only resources that an emulator without licence knows', () => {
    const types = assembly.stacks.flatMap(({ template: { Resources } }) =>
      Object.values(Resources as Record<string, { Type: string }>).map(({ Type }) => Type),
    )
    const missing =
      /Lambda|ElasticLoadBalancing|AutoScaling|ECR|ECS|NatGateway|AWS::EC2::EIP|ServiceDiscovery/
    expect(types.filter((type) => missing.test(type))).toEqual([])
  })

  it('leave tables and secrets only when asked to', () => {
    template('FreshetState').allResources('AWS::DynamoDB::Table', { DeletionPolicy: 'Delete' })
    const kept = Template.fromJSON(
      appWith({ ...CONTEXT, removal: 'retain' })
        .synth()
        .getStackByName('FreshetState').template,
    )
    kept.allResources('AWS::DynamoDB::Table', { DeletionPolicy: 'Retain' })
    kept.allResources('AWS::SecretsManager::Secret', { DeletionPolicy: 'Retain' })
    kept.allResourcesProperties('AWS::DynamoDB::Table', { DeletionProtectionEnabled: true })
  })

  it('show MSK’s metrics of all clusters', () => {
    const [dashboard] = Object.values(
      template('FreshetObservability').findResources('AWS::CloudWatch::Dashboard'),
    )
    const body = JSON.stringify(dashboard)
    expect(body).toContain('SEARCH')
    expect(body).toContain('OfflinePartitionsCount')
  })
})

it('are in a network that there is: CDK looks it up when the first synthesis has asked for it', () => {
  const { zones: _zones, ...context } = CONTEXT
  const assembly = appWith({ ...context, vpcId: 'vpc-0123' }).synth()
  expect(assembly.manifest.missing?.map(({ provider }) => provider)).toEqual(['vpc-provider'])
})

it.each([
  [{ removal: 'sometimes' }, 'Context removal: sometimes'],
  [{ architecture: 'mips' }, 'Context architecture: mips'],
  [{ natGateways: 'many' }, 'Context natGateways: many'],
  [{ hostVolumeGB: '8' }, 'Context hostVolumeGB needs sharedHostTypes'],
  [{ zones: 'eu-west-1a,eu-west-1b' }, 'Freshet needs 3 availability zones'],
  [{ serviceName: 'My Service' }, 'serviceName My Service'],
])('says in one line what is wrong with %j', (context, message) => {
  expect(() => appWith({ ...CONTEXT, ...context } as Record<string, string>)).toThrow(message)
})

it('takes instances for the processors of the image', () => {
  const { template } = appWith({ ...CONTEXT, architecture: 'x86_64' })
    .synth()
    .getStackByName('FreshetService')
  Template.fromJSON(template).allResourcesProperties('AWS::EC2::Instance', { InstanceType: 't3.small' })
  expect(JSON.stringify(template)).toContain('m7i.large')
})

it('rolls the image: another one is another generation of instances and interfaces', () => {
  const idsOf = (hostImage: string) =>
    Object.keys(
      appWith({ ...CONTEXT, hostImage })
        .synth()
        .getStackByName('FreshetService').template.Resources,
    ).filter((id) => /ControlPlane(Instance|Interface)\d/.test(id))
  const [first, other] = [idsOf(IMAGE), idsOf('ami-0fedcba9876543210')]
  expect(first).toHaveLength(6)
  expect(other.filter((id) => first.includes(id))).toEqual([])
})
