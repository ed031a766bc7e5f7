import type { Ec2Api, Instance, Volume } from './api.ts'
import type { Setbacks } from './setbacks.ts'

/**
 * What EC2 should have finished long ago. Force is used as EC2 documents it, and never while the volume's instance may
 * still write: an instance is forced to end, and only from one that has ended for good is a volume taken by force.
 */
export interface StuckContext {
  readonly api: Ec2Api
  readonly overdue: Overdue
  readonly setbacks: Setbacks
}

/** EC2 does so itself, after several hours. */
export async function forceEnd(
  hostId: string,
  instances: readonly Instance[],
  { api, overdue, setbacks }: StuckContext,
): Promise<void> {
  for (const { instanceId, state } of instances) {
    if (state !== 'shutting-down' || !overdue.isDue(hostId, instanceId, END_MS)) continue
    const reason = `instance ${instanceId} was still shutting down after ${END_MS / 1_000} s`
    setbacks.noteStuck(hostId, instanceId, reason)
    await api.terminateInstance(instanceId, 'FORCED')
  }
}

/** `instances`: all of the host that EC2 shows. One that it does not show, or not as ended, may write. */
export async function forceDetach(
  hostId: string,
  { volumeId, attachment }: Volume,
  instances: readonly Instance[],
  { api, overdue, setbacks }: StuckContext,
): Promise<void> {
  const holder = instances.find(({ instanceId }) => instanceId === attachment?.instanceId)
  if (holder?.state !== 'terminated') return
  const { instanceId } = holder
  if (!overdue.isDue(hostId, `${volumeId} from ${instanceId}`, DETACH_MS)) return
  const from = `instance ${instanceId}, which has ended`
  const reason = `volume ${volumeId} was still ${attachment?.state} from ${from}, after ${DETACH_MS / 1_000} s`
  setbacks.noteStuck(hostId, `${volumeId} from ${instanceId}`, reason)
  await api.detachVolume(volumeId, instanceId, 'FORCED')
}

/** Since when something is seen that ought to pass. Another control plane begins anew. */
export class Overdue {
  readonly #now: () => number
  readonly #sinceMs = new Map<string, Map<string, number>>()

  constructor(now: () => number) {
    this.#now = now
  }

  /** Whether it has been so for that long; then again after as long. */
  isDue(hostId: string, what: string, limitMs: number): boolean {
    const known = this.#sinceMs.get(hostId) ?? new Map<string, number>()
    const nowMs = this.#now()
    const sinceMs = known.get(what) ?? nowMs
    const isDue = nowMs - sinceMs >= limitMs
    known.set(what, isDue ? nowMs : sinceMs)
    this.#sinceMs.set(hostId, known)
    return isDue
  }

  /** The host is there, or gone. */
  forget(hostId: string): void {
    this.#sinceMs.delete(hostId)
  }
}

/** Shutdown scripts may take minutes. */
const END_MS = 300_000
/** Seconds are usual. */
const DETACH_MS = 120_000
