/**
 * How much may go wrong at once.
 *
 * The promise (RF 3, min.insync.replicas 2, acks=all, no unclean election): an acknowledged record is on at least two
 * replicas, in the page cache of each. So it survives:
 * - any number of pauses, partitions, lost connections, wrong clocks, outages of the coordination store, and processes
 *   that are killed and come back on their disk: nothing that was written is lost by them;
 * - what one broker's disk forgets or spoils: power loss (what was not synced is gone or torn), fsync that lies, read and
 *   write errors, bit flips. The next disk may be harmed only when every partition has all its replicas in sync again.
 *   Until then no other broker is killed: with one disk harmed, a second broker's death uses the promise up. All brokers of
 *   one zone count as one, because no partition has two replicas there.
 *
 * With replication factor 1 there is no promise about disks: no disk is harmed at all.
 */
import type { Machine } from '../world/machine.ts'
import type { World } from '../world/world.ts'

export class FaultBudget {
  readonly #world: World
  readonly #replicas: number
  #harmedZone: string | undefined

  constructor(world: World, replicas: number) {
    this.#world = world
    this.#replicas = replicas
  }

  mayHarmDisk(machine: Machine): boolean {
    if (this.#replicas < 3) return false
    return this.#harmed() === undefined || this.#harmed() === machine.zone
  }

  /** Also what is not repaired before clients have progressed without it: one broker may be missing, not two. */
  harmDisk(machine: Machine): void {
    this.#harmedZone = machine.zone
  }

  mayKill(machine: Machine): boolean {
    const harmed = this.#harmed()
    return harmed === undefined || harmed === machine.zone
  }

  /** The zone of the harmed disk, until the cluster is whole again. */
  #harmed(): string | undefined {
    if (this.#harmedZone !== undefined && this.#isWhole()) this.#harmedZone = undefined
    return this.#harmedZone
  }

  #isWhole(): boolean {
    const { machines, observer } = this.#world
    return (
      machines.every(({ isMember, disk }) => isMember && !disk.liesAboutSync) &&
      observer.partitions().every(({ isr, replicas }) => isr.length === replicas.length)
    )
  }
}
