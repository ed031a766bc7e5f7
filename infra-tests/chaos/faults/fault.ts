/** A fault of real processes: what is done to which machine, and for how long. The seed has decided both. */
import type { Random } from '../../support/random.ts'
import type { ChaosCluster } from '../cluster/chaos-cluster.ts'

export interface FaultContext {
  readonly cluster: ChaosCluster
  /** Whose leaders are meant. */
  readonly topic: string
  readonly random: Random
  /** How many records were acknowledged to clients by now. */
  readonly acknowledged: () => number
  /** Says in the run's log what is done to whom. */
  readonly tell: (what: string) => void
}

export interface Fault {
  readonly name: string
  /** What it needs beyond three brokers. */
  readonly needs?: 'namespaces' | 'mounts'
  /** The brokers' way to the coordination store can be cut. */
  readonly needsStoreSwitch?: boolean
  /** Does harm, and undoes it. Nothing is lost while at most one machine is down, or all are that wrote to their disks. */
  strike(context: FaultContext): Promise<void>
}
