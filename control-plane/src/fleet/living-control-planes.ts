import type { Documents } from '@freshet/coordination'
import { Collection } from '../model/collection.ts'
import type { LeaderTask } from '../reconcile/leader-tasks.ts'

/**
 * The control planes that live: each renews an entry of its own, and reads those of the others. Agents are told of them,
 * so that control planes on new addresses are found by hosts that were made before them.
 */
export interface LivingControlPlanesOptions {
  readonly documents: Documents
  /** Name of this control plane: no other's. */
  readonly holder: string
  /** Where agents reach this one; undefined where it is the only one. */
  readonly url?: string
  /** Named by the settings, whether they live or not. */
  readonly known?: readonly string[]
  /** Machines of one service need not agree on it to a second. */
  readonly now: () => number
  /** Other control planes live than before. */
  readonly onChange: () => void
  /** Bids the one that leads to look: one has come or gone. */
  readonly announce: () => Promise<void>
}

export class LivingControlPlanes {
  readonly #options: LivingControlPlanesOptions
  readonly #entries: Collection<Entry>
  #living: readonly string[] = []
  #renewedAtMs = Number.NEGATIVE_INFINITY

  constructor(options: LivingControlPlanesOptions) {
    this.#options = options
    this.#entries = new Collection(options.documents, 'control-planes/')
  }

  /** Addresses as of the last renewal, the living ones first; undefined where agents have but one to speak to. */
  get urls(): readonly string[] | undefined {
    const { url, known = [] } = this.#options
    return url === undefined ? undefined : [...new Set([...this.#living, url, ...known])].slice(0, URLS_MAX)
  }

  /** Addresses of those that have renewed lately. */
  get living(): readonly string[] {
    return this.#living
  }

  /** On each control plane, whether it leads or not. */
  get task(): LeaderTask {
    return { name: 'living-control-planes', everyMs: LOOK_MS, everywhere: true, run: () => this.look() }
  }

  /** Renews the entry of this control plane if it is time for that, and reads those of the others. */
  async look(): Promise<void> {
    const { url, onChange, now } = this.#options
    if (url === undefined) return
    await this.#renew(url)
    const entries = await this.#entries.list()
    const isOlderThan = (ageMs: number) => (entry: Entry) => now() - entry.renewedAtMs > ageMs
    for (const entry of entries.filter(isOlderThan(FORGET_MS))) await this.#entries.delete(idOf(entry.holder))
    const living = entries.filter((entry) => !isOlderThan(LIFE_MS)(entry))
    const before = this.#living.join()
    this.#living = living.map((entry) => entry.url).sort()
    if (this.#living.join() !== before) onChange()
  }

  /** Nobody is to try in vain to reach this one. */
  async leave(): Promise<void> {
    const { holder, url, announce } = this.#options
    if (url === undefined) return
    await this.#entries.delete(idOf(holder))
    await announce()
  }

  async #renew(url: string): Promise<void> {
    const { holder, now, announce } = this.#options
    if (now() - this.#renewedAtMs < RENEW_MS) return
    await this.#entries.put(idOf(holder), { url, holder, renewedAtMs: now() })
    if (!this.#living.includes(url)) await announce()
    this.#renewedAtMs = now()
  }
}

interface Entry {
  readonly holder: string
  readonly url: string
  readonly renewedAtMs: number
}

const RENEW_MS = 20_000
/** Where the announcement of a new one is lost. */
const LOOK_MS = 5_000
const LIFE_MS = 90_000
const FORGET_MS = 3_600_000
/** As many as agents take. */
const URLS_MAX = 32

function idOf(holder: string): string {
  return holder.replaceAll(' ', '_')
}
