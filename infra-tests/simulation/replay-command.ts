import type { SimulationOptions } from './simulation.ts'
import { PLAIN } from './topic-kind.ts'

/** What to type to see a run again, with its timeline. */
export function replayCommand(options: SimulationOptions): string {
  const { seed, brokers, replicationFactor, faults, topicKind = PLAIN, extras = [] } = options
  const given = [
    ...(faults === undefined ? [] : [`--faults ${faults.map(({ name }) => name).join(',')}`]),
    ...(replicationFactor === 3 ? [] : [`--rf ${replicationFactor}`]),
    ...(topicKind === PLAIN ? [] : [`--topic ${topicKind.name}`]),
    ...(brokers === 3 ? [] : [`--brokers ${brokers}`]),
    ...(extras.length > 0 ? [`--with ${extras.join(',')}`] : []),
  ]
  return ['npm run simulate -- --seed', seed, ...given, '--trace'].join(' ')
}
