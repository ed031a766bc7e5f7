/** Seeds that failed once. A change of the simulator itself gives a seed another meaning: they are kept all the same. */
import list from './regressions.json' with { type: 'json' }

export interface Regression {
  readonly seed: number
  readonly brokers: number
  readonly replicationFactor: number
  /** Left out if the seed chose them itself. */
  readonly faults?: readonly string[]
  /** Clients beside the usual ones. */
  readonly extras?: readonly string[]
  readonly reason: string
}

export const regressions: readonly Regression[] = list
