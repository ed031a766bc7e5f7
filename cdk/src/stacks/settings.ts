import { resolve } from 'node:path'
import { RemovalPolicy } from 'aws-cdk-lib'
import * as ec2 from 'aws-cdk-lib/aws-ec2'
import type { Node } from 'constructs'
import type { HostClass } from '../service/fleet-settings.ts'
import { NAME } from '../service/names.ts'

/** What `cdk deploy -c name=value` can say; docs/aws.md has the list. */
export interface Settings {
  readonly serviceName: string
  readonly zones?: readonly string[]
  readonly vpcId?: string
  readonly cidr?: string
  readonly natGateways?: number
  readonly hostImage?: string
  readonly rootDeviceName?: string
  readonly architecture: ec2.InstanceArchitecture
  readonly packagePath: string
  readonly rootVolumeSizeGB?: number
  readonly controlPlaneInstanceType?: string
  readonly sharedHosts?: HostClass
  readonly removalPolicy: RemovalPolicy
}

export function readSettings(node: Node): Settings {
  const text = (name: string) => textOf(name, node.tryGetContext(name))
  const list = (name: string) =>
    text(name)
      ?.split(',')
      .map((item) => item.trim())
  const count = (name: string) => countOf(name, text(name))
  const architecture = architectureOf(text('architecture') ?? 'arm64')
  return {
    serviceName: text('serviceName') ?? NAME,
    ...optional('zones', list('zones')),
    ...optional('vpcId', text('vpcId')),
    ...optional('cidr', text('cidr')),
    ...optional('natGateways', count('natGateways')),
    ...optional('hostImage', text('hostImage')),
    ...optional('rootDeviceName', text('rootDevice')),
    architecture,
    packagePath: resolve(import.meta.dirname, `../../../dist/package/freshet-${architecture.toString()}.tgz`),
    ...optional('rootVolumeSizeGB', count('rootVolumeGB')),
    ...optional('controlPlaneInstanceType', text('controlPlaneType')),
    ...optional(
      'sharedHosts',
      sharedHostsOf(list('sharedHostTypes'), list('sharedHostMarkets'), count('hostVolumeGB')),
    ),
    removalPolicy: removalPolicyOf(text('removal') ?? 'retain'),
  }
}

function optional<K extends string, V>(key: K, value: V | undefined): { [P in K]?: V } {
  return value === undefined ? {} : ({ [key]: value } as { [P in K]: V })
}

/** The command line gives text; cdk.json may give numbers and lists. */
function textOf(name: string, value: unknown): string | undefined {
  if (value === undefined || value === null) return undefined
  if (typeof value === 'string' && value !== '') return value
  if (typeof value === 'number') return String(value)
  if (Array.isArray(value) && value.every((item) => typeof item === 'string')) return value.join(',')
  throw new Error(`Context ${name}: ${JSON.stringify(value)} is neither text nor a number`)
}

function countOf(name: string, value: string | undefined): number | undefined {
  if (value === undefined) return undefined
  if (/^\d{1,6}$/.test(value)) return Number(value)
  throw new Error(`Context ${name}: ${value} is not a number`)
}

function architectureOf(value: string): ec2.InstanceArchitecture {
  if (value === 'arm64') return ec2.InstanceArchitecture.ARM_64
  if (value === 'x86_64') return ec2.InstanceArchitecture.X86_64
  throw new Error(`Context architecture: ${value} is neither arm64 nor x86_64`)
}

function removalPolicyOf(value: string): RemovalPolicy {
  if (value === 'retain') return RemovalPolicy.RETAIN
  if (value === 'destroy') return RemovalPolicy.DESTROY
  throw new Error(`Context removal: ${value} is neither retain nor destroy`)
}

function sharedHostsOf(
  types: readonly string[] | undefined,
  markets: readonly string[] = ['on-demand'],
  volumeSizeGB: number | undefined,
): HostClass | undefined {
  if (types === undefined) {
    if (volumeSizeGB === undefined) return undefined
    throw new Error('Context hostVolumeGB needs sharedHostTypes')
  }
  const known = markets.filter((market) => market === 'on-demand' || market === 'spot')
  if (known.length !== markets.length) {
    throw new Error(`Context sharedHostMarkets: ${markets.join(',')} has more than on-demand and spot`)
  }
  return { types, markets: known, ...optional('volumeSizeGB', volumeSizeGB) }
}
