import type { ISubnet } from 'aws-cdk-lib/aws-ec2'

/** The control plane's `--fleet-settings`: control-plane/src/fleet/ec2/settings.ts reads it. */
export interface FleetSettings {
  readonly region: string
  readonly accountId: string
  readonly service: string
  readonly launchTemplateId: string
  readonly launchTemplateVersion: string
  readonly subnets: Readonly<Record<string, string>>
  readonly controlPlaneUrls: readonly string[]
  readonly coordinationTable: string
  readonly software?: { readonly bucket: string; readonly keys: Readonly<Record<string, string>> }
  readonly machine: string
  readonly brokerClasses?: Readonly<Record<string, HostClass>>
  readonly sharedHosts: HostClass
  readonly cloudFormation: { readonly queueUrl: string }
  readonly hostedZone?: { readonly id: string; readonly name: string }
}

/** What hosts of one kind are made of. */
export interface HostClass {
  /** EC2 instance types, tried in turn while one has no capacity. */
  readonly types: readonly string[]

  /**
   * Markets, tried in turn for each type.
   *
   * @default - on-demand only
   */
  readonly markets?: readonly ('on-demand' | 'spot')[]

  /**
   * Size of the data volume where the cluster's request names none.
   *
   * @default 100
   */
  readonly volumeSizeGB?: number
}

export function subnetsByZone(subnets: readonly ISubnet[]): Record<string, string> {
  return Object.fromEntries(subnets.map(({ availabilityZone, subnetId }) => [availabilityZone, subnetId]))
}
