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
 * The same, and nobody repairs the network before clients have shown that they get on without that broker. The others
 * have nothing to suffer meanwhile: were one of them cut off too, or not registered yet, the lease could come back.
 */
export const controllerLost: Fault = {
  name: 'controller-lost',
  needsReplicas: true,
  isExclusive: true,
  inject(scene) {
    const { world, budget } = scene
    const machine = world.machines.find(({ isController }) => isController)
    const isWhole = world.machines.every(({ isMember }) => isMember)
    if (machine === undefined || !isWhole || !budget.mayHarmDisk(machine)) return undefined
    budget.harmDisk(machine)
    const { what, heal } = isolate(scene, machine)
    return { what, durationMs: PAST_THE_PHASE_MS, heal() {}, repair: heal }
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
