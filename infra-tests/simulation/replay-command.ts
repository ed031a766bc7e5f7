import type { SimulationOptions } from './simulation.ts'

/** What to type to see a run again, with its timeline. */
export function replayCommand({ seed, brokers, replicationFactor, faults }: SimulationOptions): string {
  const given = [
    ...(faults === undefined ? [] : [`--faults ${faults.map(({ name }) => name).join(',')}`]),
    ...(replicationFactor === 3 ? [] : [`--rf ${replicationFactor}`]),
    ...(brokers === 3 ? [] : [`--brokers ${brokers}`]),
  ]
  return ['npm run simulate -- --seed', seed, ...given, '--trace'].join(' ')
}
