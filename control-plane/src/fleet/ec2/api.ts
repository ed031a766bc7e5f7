/** What the driver asks of EC2, in EC2's words: `sdk.ts` asks AWS, tests ask a fake. */
export interface Ec2Api {
  /** All pages. Newly made ones may be missing for a while: EC2 is eventually consistent. */
  describeInstances(tags: Tags): Promise<Instance[]>
  describeVolumes(tags: Tags): Promise<Volume[]>
  /** Ids of instances whose status checks fail; EC2's own, or those of the machine below. */
  describeImpaired(): Promise<ReadonlySet<string>>
  /** Zones by subnet. */
  describeSubnets(subnetIds: readonly string[]): Promise<ReadonlyMap<string, string>>
  runInstance(request: RunInstance): Promise<Instance>
  /**
   * Forced, one that is stuck in `shutting-down` ends:
   * https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instance-terminate-methods.html
   */
  terminateInstance(instanceId: string, how?: 'FORCED'): Promise<void>
  createVolume(request: CreateVolume): Promise<Volume>
  modifyVolume(volumeId: string, change: VolumeShape): Promise<void>
  /** The last change of each, if there was any. */
  describeModifications(volumeIds: readonly string[]): Promise<Modification[]>
  attachVolume(volumeId: string, instanceId: string): Promise<void>
  /** Forced, what its instance has not written yet is lost. */
  detachVolume(volumeId: string, instanceId: string, how?: 'FORCED'): Promise<void>
  deleteVolume(volumeId: string): Promise<void>
}

export type Tags = Readonly<Record<string, string>>
export type Market = 'on-demand' | 'spot'

export interface Instance {
  readonly instanceId: string
  readonly state: 'pending' | 'running' | 'shutting-down' | 'terminated' | 'stopping' | 'stopped'
  readonly privateIpAddress?: string
  readonly launchTimeMs: number
  readonly instanceType?: string
  readonly market?: Market
  /** Why it is no longer what it was, as far as EC2 tells. */
  readonly stateReason?: StateReason
  readonly tags: Tags
}

export interface StateReason {
  readonly code: string
  readonly message: string
}

/** What can be changed while a volume is in use. */
export interface VolumeShape {
  readonly sizeGiB: number
  readonly throughputMiB: number
}

export interface Modification {
  readonly volumeId: string
  readonly state: 'modifying' | 'optimizing' | 'completed' | 'failed'
  readonly percentDone: number
}

/** An emulator may not tell the throughput. */
export interface Volume {
  readonly volumeId: string
  readonly sizeGiB: number
  readonly throughputMiB?: number
  readonly state: 'creating' | 'available' | 'in-use' | 'deleting' | 'deleted' | 'error'
  readonly tags: Tags
  readonly attachment?: {
    readonly instanceId: string
    readonly state: 'attaching' | 'attached' | 'detaching' | 'detached' | 'busy'
    /** When it began. */
    readonly sinceMs?: number
  }
}

export interface RunInstance {
  /** A repeated call with the same token gives the same instance. */
  readonly clientToken: string
  readonly instanceType: string
  readonly market: Market
  readonly subnetId: string
  readonly userData: string
  readonly tags: Tags
}

export interface CreateVolume extends VolumeShape {
  readonly clientToken: string
  readonly zone: string
  readonly keyArn?: string
  readonly tags: Tags
}
