/** A group of the consumer protocol (KIP-848) over the topic of the others; some have static members. */
import { Subscriber } from '../clients/subscriber/subscriber.ts'
import { GroupWorkload } from './group.ts'
import type { Workload, WorkloadParts } from './workload.ts'

const GROUP = 'subscribers'
const MEMBERS = ['subscriber-1', 'subscriber-2']

/** Sessions end after seconds instead of most of a minute. */
export const CONSUMER_GROUP_PROPERTIES: Readonly<Record<string, string>> = {
  'group.consumer.min.heartbeat.interval.ms': '1000',
  'group.consumer.heartbeat.interval.ms': '1000',
  'group.consumer.min.session.timeout.ms': '6000',
  'group.consumer.session.timeout.ms': '6000',
}

export async function startConsumerGroup(parts: WorkloadParts): Promise<Workload> {
  const { world, history, topic } = parts
  const isStatic = world.dice.chance(0.3)
  const serverAssignor = world.dice.pick([null, 'uniform', 'range'])
  return new GroupWorkload(parts, MEMBERS, (name) => {
    const groupInstanceId = isStatic ? name : null
    return new Subscriber(world, name, history, { group: GROUP, topic, groupInstanceId, serverAssignor })
  })
}
