/** What is to be done about containers so that they follow LocalStack's instances: pure. */

export interface InstanceSeen {
  readonly instanceId: string
  readonly state: 'pending' | 'running' | 'shutting-down' | 'terminated' | 'stopping' | 'stopped'
  /** Changes with a reboot. */
  readonly stateReason: string
  /** Volumes attached to it. */
  readonly volumeIds: readonly string[]
  /** The volume that its user data waits for before anything starts. */
  readonly awaitedVolumeId: string | undefined
  /** Its programs have started, if it has a role by which that is known. */
  readonly isUp: boolean
}

/** An instance's container. */
export interface Machine {
  readonly instanceId: string
  /** As we left it: one that ended by itself is a machine that hangs, which EC2 does not notice. */
  readonly isOn: boolean
  /** It still has a booting instance's share of the processors. */
  readonly isBooting: boolean
  readonly stateReason: string
  readonly volumeId: string | undefined
}

export type Action =
  | { readonly type: 'CREATE'; readonly instanceId: string; readonly volumeId: string | undefined }
  | { readonly type: 'START' | 'STOP' | 'RESTART' | 'BOOTED' | 'REMOVE'; readonly instanceId: string }

export function planActions(instances: readonly InstanceSeen[], machines: readonly Machine[]): Action[] {
  const seen = new Map(instances.map((instance) => [instance.instanceId, instance]))
  const known = new Map(machines.map((machine) => [machine.instanceId, machine]))
  const forgotten = machines.filter(({ instanceId }) => !seen.has(instanceId))
  return [
    ...forgotten.map(({ instanceId }): Action => ({ type: 'REMOVE', instanceId })),
    ...instances.flatMap((instance) => actionFor(instance, known.get(instance.instanceId)) ?? []),
  ]
}

function actionFor(instance: InstanceSeen, machine: Machine | undefined): Action | undefined {
  const { instanceId, state, awaitedVolumeId, volumeIds, stateReason, isUp } = instance
  if (machine === undefined) {
    const isWhole = awaitedVolumeId === undefined || volumeIds.includes(awaitedVolumeId)
    // A container's volumes are given to it when it is made: before, it could only wait.
    return state === 'running' && isWhole
      ? { type: 'CREATE', instanceId, volumeId: awaitedVolumeId }
      : undefined
  }
  if (state === 'terminated' || state === 'shutting-down') return { type: 'REMOVE', instanceId }
  // No process survives that its disk is taken away.
  if (machine.volumeId !== undefined && !volumeIds.includes(machine.volumeId))
    return { type: 'REMOVE', instanceId }
  if (state === 'stopped' || state === 'stopping')
    return machine.isOn ? { type: 'STOP', instanceId } : undefined
  if (state !== 'running') return undefined
  if (!machine.isOn) return { type: 'START', instanceId }
  if (machine.stateReason !== stateReason) return { type: 'RESTART', instanceId }
  return machine.isBooting && isUp ? { type: 'BOOTED', instanceId } : undefined
}

/** The first program of an instance asks for credentials; what it then starts, a broker above all, has begun by then. */
const PROGRAMS_START_MS = 2_000

/** Both times by the same clock. */
export function haveStarted(creditedAtMs: number | undefined, nowMs: number): boolean {
  return creditedAtMs !== undefined && nowMs - creditedAtMs >= PROGRAMS_START_MS
}

/** The EBS volume by whose device name a user data waits: `/dev/disk/by-id/nvme-Amazon_Elastic_Block_Store_vol0a1b`. */
export function awaitedVolume(userData: string): string | undefined {
  const found = /nvme-Amazon_Elastic_Block_Store_vol([0-9a-f]+)/.exec(userData)
  return found === null ? undefined : `vol-${found[1]}`
}
