import { Token } from 'aws-cdk-lib'
import type * as ec2 from 'aws-cdk-lib/aws-ec2'
import type { HostClass } from './fleet-settings.ts'

/**
 * What a control plane would not start with, or EC2 would not launch: it is told when the template is made, not ten
 * minutes into a deployment.
 */
export interface Machines {
  readonly controlPlaneInstanceType?: ec2.InstanceType
  readonly sharedHosts?: HostClass
  readonly brokerClasses?: Readonly<Record<string, HostClass>>
}

/** `machine` is what `uname -m` says on the image. */
export function checkMachines(serviceName: string, machine: string, machines: Machines): void {
  const { controlPlaneInstanceType, sharedHosts, brokerClasses = {} } = machines
  if (Token.isUnresolved(serviceName) || !/^[A-Za-z0-9._-]{1,64}$/.test(serviceName)) {
    throw new Error(`serviceName ${serviceName}: 1 to 64 letters, digits, '.', '_' and '-', known beforehand`)
  }
  if (controlPlaneInstanceType !== undefined)
    checkType('controlPlaneInstanceType', controlPlaneInstanceType.toString(), machine)
  if (sharedHosts !== undefined) checkHostClass('sharedHosts', sharedHosts, machine)
  for (const [brokerType, hostClass] of Object.entries(brokerClasses)) {
    if (!/^(kafka|express)\.[a-z0-9]+\.[a-z0-9]+$/.test(brokerType))
      throw new Error(`brokerClasses ${brokerType}: a broker type of MSK, as kafka.m7g.large`)
    checkHostClass(`brokerClasses ${brokerType}`, hostClass, machine)
  }
}

export const MOST_GB = 16_384
const MOST_TYPES = 10

function checkHostClass(name: string, { types, markets, volumeSizeGB }: HostClass, machine: string): void {
  if (types.length < 1 || types.length > MOST_TYPES)
    throw new Error(`${name}: 1 to ${MOST_TYPES} types, not ${types.length}`)
  for (const type of types) checkType(name, type, machine)
  if (markets !== undefined && (markets.length === 0 || new Set(markets).size !== markets.length))
    throw new Error(`${name}: markets are on-demand, spot or both, each once`)
  if (volumeSizeGB !== undefined && !isWithin(volumeSizeGB, 1))
    throw new Error(`${name}: volumeSizeGB ${volumeSizeGB} is no whole number from 1 to ${MOST_GB}`)
}

/** The letter after the generation tells the processor: `g` is Graviton, AWS's own. */
function checkType(name: string, type: string, machine: string): void {
  if (Token.isUnresolved(type)) return
  const [, family, g] = /^([a-z]+\d+(g?)[a-z0-9-]*)\.[a-z0-9-]+$/.exec(type) ?? []
  if (family === undefined) throw new Error(`${name}: ${type} is no type of EC2, as m7g.large`)
  const itsMachine = g === 'g' ? 'aarch64' : 'x86_64'
  if (itsMachine !== machine) throw new Error(`${name}: ${type} is ${itsMachine}, the software ${machine}`)
}

export function isWithin(size: number, least: number): boolean {
  return Token.isUnresolved(size) || (Number.isInteger(size) && size >= least && size <= MOST_GB)
}
