import { existsSync } from 'node:fs'
import { type App, Stack, type StackProps } from 'aws-cdk-lib'
import * as ec2 from 'aws-cdk-lib/aws-ec2'
import { imageWithId } from '../service/images.ts'
import { NetworkStack } from './network-stack.ts'
import { ObservabilityStack } from './observability-stack.ts'
import { ServiceStack } from './service-stack.ts'
import { readSettings, type Settings } from './settings.ts'
import { StateStack } from './state-stack.ts'

/** All stacks of a service: its network (unless there is one to be used), its state, and the service itself. */
export function addStacks(app: App, env: NonNullable<StackProps['env']>): void {
  const settings = readSettings(app.node)
  const { serviceName, removalPolicy } = settings
  const prefix = stackPrefix(serviceName)
  const { state } = new StateStack(app, `${prefix}State`, {
    env,
    description: 'Freshet: tables and secrets',
    removalPolicy,
  })
  const { service } = new ServiceStack(app, `${prefix}Service`, {
    env,
    description: 'Freshet: control plane and what hosts are made of',
    serviceName,
    vpc: networkOf(app, prefix, env, settings),
    state,
    ...machinesOf(settings),
  })
  new ObservabilityStack(app, `${prefix}Observability`, {
    env,
    description: 'Freshet: dashboard and alarms',
    service,
  })
}

function networkOf(
  app: App,
  prefix: string,
  env: NonNullable<StackProps['env']>,
  settings: Settings,
): ec2.IVpc {
  const { vpcId, zones, cidr, natGateways } = settings
  if (vpcId !== undefined) {
    const lookup = new Stack(app, `${prefix}Network`, {
      env,
      description: 'Freshet: a network that there is',
    })
    return ec2.Vpc.fromLookup(lookup, 'Vpc', { vpcId })
  }
  const { network } = new NetworkStack(app, `${prefix}Network`, {
    env,
    description: 'Freshet: network',
    ...(zones && { availabilityZones: zones }),
    ...(cidr !== undefined && { cidr }),
    ...(natGateways !== undefined && { natGateways }),
  })
  return network.vpc
}

function machinesOf(settings: Settings) {
  const { hostImage, architecture, rootVolumeSizeGB, rootDeviceName, controlPlaneInstanceType, sharedHosts } =
    settings
  return {
    architecture,
    // An image that was named brings the software.
    ...(hostImage === undefined
      ? { software: { path: packageOf(settings), architecture } }
      : { machineImage: imageWithId(hostImage) }),
    ...(rootVolumeSizeGB !== undefined && { rootVolumeSizeGB }),
    ...(rootDeviceName !== undefined && { rootDeviceName }),
    ...(controlPlaneInstanceType !== undefined && {
      controlPlaneInstanceType: new ec2.InstanceType(controlPlaneInstanceType),
    }),
    ...(sharedHosts && { sharedHosts }),
  }
}

function packageOf({ packagePath, architecture }: Settings): string {
  if (existsSync(packagePath)) return packagePath
  throw new Error(`${packagePath} is missing: npm run package -- --architecture ${architecture.toString()}`)
}

/** freshet-test gives FreshetTest. */
function stackPrefix(serviceName: string): string {
  if (!/^[a-z][a-z0-9-]{0,31}$/.test(serviceName)) {
    throw new Error(`serviceName ${serviceName}: 1 to 32 of a-z, 0-9 and -, a letter first`)
  }
  return serviceName.replaceAll(/(?:^|-+)([a-z0-9]?)/g, (_, letter: string) => letter.toUpperCase())
}
