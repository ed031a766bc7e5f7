import { type Fault, type Scene, someTime } from './fault.ts'

/** The hosts fall into two halves that do not hear each other, or of which only one hears the other. */
export const partition: Fault = {
  name: 'partition',
  inject: (scene) => split(scene, true),
}

export const oneWayPartition: Fault = {
  name: 'one-way-partition',
  inject: (scene) => split(scene, false),
}

function split({ world, dice }: Scene, isTwoWay: boolean) {
  const brokers = dice.shuffled(world.machines.map(({ name }) => name))
  const cut = dice.between(1, Math.max(1, brokers.length - 1))
  const here = new Set(brokers.slice(0, cut))
  const there = brokers.slice(cut)
  for (const { name } of world.clients) {
    if (dice.chance(0.3)) here.add(name)
    else if (dice.chance(0.5)) there.push(name)
  }
  const heals = [...here].flatMap((a) =>
    there.map((b) => (isTwoWay ? world.network.block(a, b) : world.network.blockOneWay(a, b))),
  )
  const heal = () => {
    // In another order than they were cut.
    for (const each of dice.shuffled(heals)) each()
  }
  return { what: { here: [...here], there }, durationMs: someTime(dice, 5000), heal }
}
