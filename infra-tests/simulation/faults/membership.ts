/** Brokers are added, and taken out in good order while other faults strike. */
import { ErrorCode } from '@freshet/broker/wire'
import { UnregisterBrokerApi } from '../broker-code.ts'
import { ClusterClient, ifNoAnswer } from '../clients/cluster-client.ts'
import type { Machine } from '../world/machine.ts'
import type { SeenPartition } from '../world/observer.ts'
import type { World } from '../world/world.ts'
import type { Fault } from './fault.ts'
import { askToReassign } from './reassign.ts'

const BROKERS_MAX = 7
const STEP_MS = 500
const DECOMMISSION_MS_MAX = 60_000

export const addBroker: Fault = {
  name: 'add-broker',
  inject({ world }) {
    if (world.machines.length >= BROKERS_MAX) return undefined
    const machine = world.addMachine()
    machine.start()
    return { what: { broker: machine.id }, durationMs: 0, heal() {} }
  },
}

/**
 * An operator moves a broker's replicas to others, stops it and unregisters it. If that cannot be done in time it gives
 * up, and the broker stays.
 */
export const decommission: Fault = {
  name: 'decommission',
  inject({ world, dice, budget, replicas }) {
    const machine = dice.pick(world.machines)
    if (!machine.isMember || !budget.mayKill(machine) || world.machines.length >= BROKERS_MAX)
      return undefined
    // Where there is none to spare, another one takes its place.
    if (world.machines.length <= replicas) world.addMachine().start()
    const operator = new Operator(world, machine)
    world.spawn(operator.client.name, operator.run())
    return {
      what: { broker: machine.id },
      durationMs: DECOMMISSION_MS_MAX,
      isOver: () => operator.isDone,
      heal: () => operator.giveUp(),
    }
  },
}

class Operator {
  readonly client: ClusterClient
  isDone = false
  readonly #world: World
  readonly #machine: Machine
  #hasGivenUp = false

  constructor(world: World, machine: Machine) {
    this.#world = world
    this.#machine = machine
    this.client = new ClusterClient(world, `decommissioner-${machine.id}`)
  }

  async run(): Promise<void> {
    if (!(await this.#drain())) return
    // From here on no other fault that ends may start it again: it would get partitions.
    this.#machine.isRetired = true
    this.#machine.stop()
    while (!this.#hasGivenUp && this.#machine.isRunning) await this.client.sleep(STEP_MS)
    while (!this.#hasGivenUp && this.#world.observer.image.brokers.has(this.#machine.id)) {
      await this.#unregister()
      await this.client.sleep(STEP_MS)
    }
    // As long as it was registered, new partitions may have been placed on it for want of others.
    if (!(await this.#drain())) return
    this.isDone = true
    this.#world.removeMachine(this.#machine)
    this.#world.trace.add(this.client.name, 'is done')
  }

  giveUp(): void {
    this.#hasGivenUp = true
    if (this.isDone) return
    this.#machine.isRetired = false
    this.#machine.start()
  }

  /** Until no partition has a replica there; false if it was given up. */
  async #drain(): Promise<boolean> {
    for (;;) {
      if (this.#hasGivenUp) return false
      const { id } = this.#machine
      const left = this.#world.observer.partitions().filter(({ replicas }) => replicas.includes(id))
      if (left.length === 0) return true
      for (const partition of left) {
        if (partition.addingReplicas.length === 0) await this.#move(partition)
      }
      await this.client.sleep(STEP_MS)
    }
  }

  async #move({ topic, partitionId, replicas }: SeenPartition): Promise<void> {
    const { machines, dice } = this.#world
    const others = machines.filter((machine) => machine.isMember && !replicas.includes(machine.id))
    const [nearest] = dice.shuffled(others).sort((a, b) => Number(this.#isFar(a)) - Number(this.#isFar(b)))
    if (nearest === undefined) return
    const target = replicas.map((id) => (id === this.#machine.id ? nearest.id : id))
    await askToReassign(this.#world, this.client, { topic, partitionId, replicas: target })
  }

  /** One of the same zone takes its place, if there is one. */
  #isFar({ zone }: Machine): boolean {
    return zone !== this.#machine.zone
  }

  async #unregister(): Promise<void> {
    const body = { brokerId: this.#machine.id }
    const answer = await this.client.requestAny(UnregisterBrokerApi, 0, body).catch(ifNoAnswer)
    const errorCode = answer?.errorCode
    this.#world.trace.add(this.client.name, 'unregisters', { broker: this.#machine.id, errorCode })
    if (errorCode === ErrorCode.BROKER_ID_NOT_REGISTERED) await this.client.sleep(STEP_MS)
  }
}
