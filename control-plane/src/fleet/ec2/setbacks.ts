import type { Instance, StateReason } from './api.ts'
import { isClientFault, isLaunchFailure } from './errors.ts'

/** An instance that came to nothing while its host was being launched, or what did not pass by itself. */
interface Setback {
  readonly reason: string
  readonly atMs: number
  /** Of instances that would fare no better: of this kind, or all. */
  readonly speaksAgainst?: string | 'ALL'
}

/**
 * What went wrong with hosts on their way up. It is known until the host is there, so that what EC2 grants and takes back
 * is tried ever more rarely, in other ways first, and whoever waits is told why. Another control plane begins anew.
 */
export class Setbacks {
  readonly #now: () => number
  readonly #byHost = new Map<string, Map<string, Setback>>()

  constructor(now: () => number) {
    this.#now = now
  }

  /** EC2 shows what has ended for an hour: what is older than a launch takes belongs to an earlier one. */
  noteEnded(hostId: string, instance: Instance): void {
    const { instanceId, launchTimeMs, stateReason } = instance
    if (stateReason === undefined || !isLaunchFailure(stateReason.code)) return
    if (this.#now() - launchTimeMs > LAUNCH_MS) return
    const kind = kindOf(instance)
    this.#note(hostId, instanceId, {
      reason: `instance ${instanceId}, ${kind}, ended at once: ${textOf(stateReason)}`,
      atMs: launchTimeMs,
      speaksAgainst: isClientFault(stateReason.code) ? 'ALL' : kind,
    })
  }

  noteUnattached(hostId: string, instanceId: string, volumeId: string, waitedMs: number): void {
    const reason = `volume ${volumeId} was not attached to instance ${instanceId} within ${waitedMs / 1_000} s`
    this.#note(hostId, instanceId, { reason, atMs: this.#now() - waitedMs, speaksAgainst: 'ALL' })
  }

  /** Another kind of instance would fare no better, nor any worse. */
  noteStuck(hostId: string, what: string, reason: string): void {
    this.#note(hostId, what, { reason, atMs: this.#now() })
  }

  latestOf(hostId: string): string | undefined {
    return [...(this.#byHost.get(hostId)?.values() ?? [])].at(-1)?.reason
  }

  /** Whether an instance of that kind would most likely end like those before it. */
  speakAgainst(hostId: string, kind: string): boolean {
    const against = [...(this.#byHost.get(hostId)?.values() ?? [])].filter(
      ({ speaksAgainst }) => speaksAgainst === kind || speaksAgainst === 'ALL',
    )
    const lastMs = Math.max(...against.map(({ atMs }) => atMs))
    const pauseMs = Math.min(FIRST_PAUSE_MS * 2 ** (against.length - 1), LONGEST_PAUSE_MS)
    return this.#now() - lastMs < pauseMs
  }

  /** The host is there, or no longer wanted. */
  forget(hostId: string): void {
    this.#byHost.delete(hostId)
  }

  #note(hostId: string, what: string, setback: Setback): void {
    const known = this.#byHost.get(hostId) ?? new Map<string, Setback>()
    if (!known.has(what)) known.set(what, setback)
    this.#byHost.set(hostId, known)
  }
}

export function kindOf({
  instanceType = 'unknown',
  market = 'on-demand',
}: Pick<Instance, 'instanceType' | 'market'>): string {
  return `${instanceType} ${market}`
}

/** EC2's messages often begin with their code. */
export function textOf({ code, message }: StateReason): string {
  return message.startsWith(code) ? message : `${code}: ${message}`
}

const LAUNCH_MS = 600_000
const FIRST_PAUSE_MS = 60_000
const LONGEST_PAUSE_MS = 1_800_000
