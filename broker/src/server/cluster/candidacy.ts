/**
 * Whether this broker is the right one to be the controller. Whoever holds the lease decides who is alive, so it should
 * hear the others; but reaching the coordination store is all that the lease asks for. Two rules make up for that, both
 * where there are at least two others (with one, its death and one's own isolation look alike):
 *
 * - A free lease is taken at once by a broker that reaches another one, and by nobody else for a while.
 * - A controller that hears nobody gives the lease back for a moment. If nobody takes it, it goes on, and does so again
 *   later, more and more rarely. Those that reach nobody are still waiting when it comes back: the lease does not circle
 *   among them.
 */
import type { BrokerConfig, BrokerRegistration, ClusterView, Liveness } from '../../cluster/index.ts'
import type { Runtime } from '../../runtime/types.ts'
import type { LeaseCandidate } from './controller-lease.ts'
import { probe } from './probe.ts'

/** So long another broker has the chance to become the controller. */
const STAND_ASIDE_MS = 1500
/** So long a broker that reaches nobody leaves a free lease to others, and to the one that stood aside. */
const PATIENCE_MS = 3000
/** A controller that hears nobody gives the lease back at least once in so many session timeouts. */
const SESSIONS_BETWEEN_MAX = 4

export class Candidacy implements LeaseCandidate {
  readonly #runtime: Runtime
  readonly #cluster: ClusterView
  readonly #brokerId: number
  readonly #sessionTimeoutMs: number
  #freeSinceMs: number | undefined
  /** Known only until somebody holds the lease. */
  #asideUntilMs: number | undefined
  /** When to stand aside again; undefined unless it did and has heard nobody since. */
  #againAtMs: number | undefined
  #sessionsBetween = 1

  constructor(runtime: Runtime, cluster: ClusterView, config: BrokerConfig) {
    this.#runtime = runtime
    this.#cluster = cluster
    this.#brokerId = config.nodeId
    this.#sessionTimeoutMs = config.settings['broker.session.timeout.ms']
  }

  async mayTake(): Promise<boolean> {
    const nowMs = this.#nowMs()
    if (this.#asideUntilMs !== undefined) return nowMs >= this.#asideUntilMs
    this.#freeSinceMs ??= nowMs
    const others = this.#others()
    if (others.length === 0 || nowMs - this.#freeSinceMs >= PATIENCE_MS) return true
    if (!this.#cluster.brokers.has(this.#brokerId)) return false // The others do not know its address.
    return others.length === 1 || (await this.#reachesSomebody(others))
  }

  isTaken(): void {
    this.#freeSinceMs = undefined
    this.#asideUntilMs = undefined
  }

  /** Another broker was heard of, or is the controller. */
  hearsSomebody(): void {
    this.#againAtMs = undefined
  }

  standAside(): void {
    this.#sessionsBetween =
      this.#againAtMs === undefined ? 1 : Math.min(this.#sessionsBetween * 2, SESSIONS_BETWEEN_MAX)
    this.#asideUntilMs = this.#nowMs() + STAND_ASIDE_MS
    this.#againAtMs = this.#asideUntilMs + this.#sessionsBetween * this.#sessionTimeoutMs
  }

  /** Of a controller that is about to fence others: whether they should have their chance first. */
  isToYield(liveness: Liveness): boolean {
    if (this.#againAtMs !== undefined || this.#others().length < 2) return false
    return liveness.isCutOff(this.#nowMs())
  }

  /** Of a controller that has fenced them all: not if their machines say that nobody runs there. */
  async isToYieldAgain(liveness: Liveness): Promise<boolean> {
    const others = this.#others()
    const isDue = () =>
      liveness.isAlone && this.#nowMs() >= (this.#againAtMs ?? liveness.lastHeardMs + this.#sessionTimeoutMs)
    if (others.length < 2 || !isDue()) return false
    const areAbsent = await this.#areAbsent(others)
    if (!isDue()) return false
    if (areAbsent) this.#againAtMs = this.#nowMs() + SESSIONS_BETWEEN_MAX * this.#sessionTimeoutMs
    return !areAbsent
  }

  /** As soon as one answers; or if all are known to be dead: then nobody is better placed. */
  #reachesSomebody(others: readonly BrokerRegistration[]): Promise<boolean> {
    const probes = others.map((other) => probe(this.#runtime, other))
    return new Promise((resolve, reject) => {
      for (const each of probes) each.then((result) => result === 'present' && resolve(true), reject)
      Promise.all(probes).then((results) => resolve(results.every((result) => result === 'absent')), reject)
    })
  }

  async #areAbsent(others: readonly BrokerRegistration[]): Promise<boolean> {
    const results = await Promise.all(others.map((other) => probe(this.#runtime, other)))
    return results.every((result) => result === 'absent')
  }

  #others(): BrokerRegistration[] {
    return [...this.#cluster.brokers.values()].filter(({ brokerId }) => brokerId !== this.#brokerId)
  }

  #nowMs(): number {
    return this.#runtime.clock.monotonic()
  }
}
