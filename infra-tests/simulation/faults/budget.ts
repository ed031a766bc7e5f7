/**
 * How much may go wrong at once.
 *
 * The promise (RF 3, min.insync.replicas 2, acks=all, no unclean election): an acknowledged record is on at least two
 * replicas, in the page cache of each. So it survives:
 * - any number of pauses, partitions, lost connections, wrong clocks, outages of the coordination store, and processes
 *   that are killed and come back on their disk: nothing that was written is lost by them;
 * - what one broker's disk forgets or spoils: power loss (what was not synced is gone or torn), fsync that lies, read and
 *   write errors, bit flips. The next disk may be harmed only when every partition has all its replicas in sync again.
 *   Until then no other broker is killed: with one disk harmed, a second broker's death uses the promise up. Brokers of
 *   one zone count as one as long as no partition has two replicas among them: an operator may have moved some there.
 *
 * With replication factor 1 there is no promise about disks: no disk is harmed at all.
 */

/** What the budget looks at of a machine. */
export interface BudgetMachine {
  readonly id: number
  readonly zone: string
  readonly isMember: boolean
  readonly logs:
    | { get(topic: string, partition: number): { readonly failure: unknown } | undefined }
    | undefined
}

export interface BudgetWorld {
  readonly machines: readonly BudgetMachine[]
  readonly observer: { partitions(): readonly BudgetPartition[] }
}

export interface BudgetPartition {
  readonly topic: string
  readonly partitionId: number
  readonly replicas: readonly number[]
  readonly isr: readonly number[]
}

export class FaultBudget {
  readonly #world: BudgetWorld
  readonly #replicas: number
  /** Those whose disks were harmed since the cluster was whole. */
  readonly #harmed = new Set<BudgetMachine>()

  constructor(world: BudgetWorld, replicas: number) {
    this.#world = world
    this.#replicas = replicas
  }

  /** Whether the disks of all of them may. */
  mayHarmDisk(...machines: readonly BudgetMachine[]): boolean {
    return this.#replicas >= 3 && this.#mayMiss(machines)
  }

  /** Also what is not repaired before clients have progressed without it: one broker may be missing, not two. */
  harmDisk(machine: BudgetMachine): void {
    this.#harmed.add(machine)
  }

  mayKill(machine: BudgetMachine): boolean {
    return this.#harmed.size === 0 || this.#mayMiss([machine])
  }

  /**
   * Forgets the harm once the cluster is whole again. Called right after the observer has looked: what a start or a
   * failing disk changed in the metadata must not be missed.
   */
  look(): void {
    if (this.#harmed.size > 0 && this.#isWhole()) this.#harmed.clear()
  }

  /** Whether no partition has lost two replicas if these go after those that were harmed. */
  #mayMiss(machines: readonly BudgetMachine[]): boolean {
    const missing = new Set([...this.#harmed, ...machines])
    const zones = new Set([...missing].map(({ zone }) => zone))
    const ids = new Set([...missing].map(({ id }) => id))
    return (
      zones.size === 1 &&
      this.#world.observer
        .partitions()
        .every(({ replicas }) => replicas.filter((id) => ids.has(id)).length < 2)
    )
  }

  /** The metadata alone do not say so: a broker that nobody hears cannot tell that its logs are offline. */
  #isWhole(): boolean {
    const { machines, observer } = this.#world
    return (
      machines.every(({ isMember }) => isMember) &&
      observer
        .partitions()
        .every(
          ({ topic, partitionId, isr, replicas }) =>
            isr.length === replicas.length && replicas.every((id) => this.#isOnline(id, topic, partitionId)),
        )
    )
  }

  #isOnline(brokerId: number, topic: string, partitionId: number): boolean {
    const machine = this.#world.machines.find(({ id }) => id === brokerId)
    const log = machine?.logs?.get(topic, partitionId)
    return log !== undefined && log.failure === undefined
  }
}
