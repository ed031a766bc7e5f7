import { App, Stack } from 'aws-cdk-lib'
import { Template } from 'aws-cdk-lib/assertions'
import { FreshetService, type FreshetServiceProps } from '../service/freshet-service.ts'
import { imageWithId } from '../service/images.ts'
import { ServiceNetwork } from '../service/network.ts'

/** Templates for tests. They share what they can: each synthesis takes a while. */

/** `cdk synth` has CDK's rules look at templates; here that would take ten times as long as all the rest. */
process.env.CDK_VALIDATION = 'false'

export const ENV = { account: '123456789012', region: 'eu-west-1' }
export const ZONES = ['eu-west-1a', 'eu-west-1b', 'eu-west-1c']

/** As an app has it whose zones are known. */
export class TestStack extends Stack {
  constructor(id = 'Test') {
    super(new App({ context: { '@aws-cdk/aws-iam:minimizePolicies': true } }), id, { env: ENV })
  }

  override get availabilityZones(): string[] {
    return ZONES
  }
}

export function serviceIn(stack: Stack, props: FreshetServiceProps = {}): FreshetService {
  const { vpc } = new ServiceNetwork(stack, 'Network')
  return new FreshetService(stack, 'Freshet', {
    vpc,
    machineImage: imageWithId('ami-0123456789abcdef0'),
    ...props,
  })
}

export function serviceTemplate(props: FreshetServiceProps = {}): Template {
  const stack = new TestStack()
  serviceIn(stack, props)
  return Template.fromStack(stack)
}

export type Resources = Readonly<Record<string, Resource>>
export interface Resource {
  readonly Type: string
  readonly Properties: Readonly<Record<string, unknown>>
  readonly DependsOn?: readonly string[]
}

/** Resources of one type by their logical id. */
export function resourcesOf(template: Template, type: string): Resources {
  return template.findResources(type) as Resources
}
