import type { Machine } from '../world/machine.ts'
import { type Fault, type Scene, someTime } from './fault.ts'

/** The leaders of these are coordinators, of groups and of transactions. */
const COORDINATED = new Set(['__consumer_offsets', '__transaction_state'])

/** Nobody hears one broker, chosen for what it is. It still reaches the coordination store. */
export const isolateController: Fault = {
  name: 'isolate-controller',
  inject: (scene) =>
    isolateIfAny(
      scene,
      scene.world.machines.find((machine) => machine.isController),
    ),
}

/** So long that the end of the phase comes first. */
const PAST_THE_PHASE_MS = 60_000

/**
 * The same, and nobody repairs the network before clients have shown that they get on without that broker. What was
 * created while no other broker was known to be alive is on it alone, and needs it.
 */
export const controllerLost: Fault = {
  name: 'controller-lost',
  needsReplicas: true,
  inject({ world, budget, dice }) {
    const machine = world.machines.find(({ isController }) => isController)
    if (machine === undefined || !budget.mayHarmDisk(machine)) return undefined
    budget.harmDisk(machine)
    const alsoFromClients = dice.chance(0.5)
    const isClient = (other: string) => world.clients.some(({ name }) => name === other)
    const repair = world.network.isolate(machine.name, (other) => !alsoFromClients && isClient(other))
    const what = { broker: machine.id, alsoFromClients }
    const isNeeded = () =>
      world.observer.partitions().some(({ isr, eligibleLeaderReplicas }) => {
        const complete = [...isr, ...eligibleLeaderReplicas]
        return complete.length > 0 && complete.every((id) => id === machine.id)
      })
    return { what, durationMs: PAST_THE_PHASE_MS, heal() {}, repair, isRepairDue: isNeeded }
  },
}

export const isolateLeader: Fault = {
  name: 'isolate-leader',
  inject: (scene) =>
    isolateIfAny(
      scene,
      leaderOf(scene, () => true),
    ),
}

export const isolateCoordinator: Fault = {
  name: 'isolate-coordinator',
  inject: (scene) =>
    isolateIfAny(
      scene,
      leaderOf(scene, (topic) => COORDINATED.has(topic)),
    ),
}

function leaderOf({ world, dice }: Scene, isWanted: (topic: string) => boolean): Machine | undefined {
  const led = world.observer.partitions().filter(({ topic, leader }) => isWanted(topic) && leader >= 0)
  return led.length === 0 ? undefined : world.machine(dice.pick(led).leader)
}

function isolateIfAny(scene: Scene, machine: Machine | undefined) {
  return machine && isolate(scene, machine)
}

/** Sometimes from the brokers only: its clients go on talking to it. */
function isolate({ world, dice }: Scene, machine: Machine) {
  const brokers = world.machines.map(({ name }) => name).filter((name) => name !== machine.name)
  const clients = dice.chance(0.5) ? world.clients.map(({ name }) => name) : []
  const heals = [...brokers, ...clients].map((other) => world.network.block(machine.name, other))
  const heal = () => {
    for (const each of dice.shuffled(heals)) each()
  }
  const what = { broker: machine.id, alsoFromClients: clients.length > 0 }
  return { what, durationMs: someTime(dice, 6000), heal }
}
