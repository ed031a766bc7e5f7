/** The clients of a run, as its seed wants them. */

import type { HistoryRecorder } from './checker/recorder.ts'
import { Admin, type TopicDraft } from './clients/admin.ts'
import { Consumer } from './clients/consumer.ts'
import { GroupMember } from './clients/group-member.ts'
import { Producer } from './clients/producer.ts'
import type { World } from './world/world.ts'

export const TOPIC = 'orders'
const GROUP = 'readers'
const PARTITIONS_MAX = 4
const FOREVER_MS = Number.POSITIVE_INFINITY

export interface Load {
  readonly producers: readonly Producer[]
  readonly consumers: readonly Consumer[]
  readonly members: readonly GroupMember[]
  readonly admin: Admin
}

export async function startLoad(
  world: World,
  history: HistoryRecorder,
  replicationFactor: number,
): Promise<Load> {
  const { dice } = world
  const admin = new Admin(world, 'admin')
  const draft: TopicDraft = {
    name: TOPIC,
    partitions: dice.between(1, 3),
    replicationFactor,
    configs: {
      'min.insync.replicas': String(Math.min(2, replicationFactor)),
      'segment.ms': String(dice.pick([2000, 10_000, 604_800_000])),
      ...(dice.chance(0.2) && { 'flush.messages': '1' }),
    },
  }
  await admin.createTopic(draft)
  world.spawn('admin', admin.change(draft, PARTITIONS_MAX))
  const producers = Array.from({ length: dice.between(2, 3) }, (_, index) =>
    startProducer(world, history, index + 1),
  )
  const consumers = Array.from(
    { length: dice.between(1, 2) },
    (_, index) => new Consumer(world, `consumer-${index + 1}`, history, TOPIC),
  )
  const members = Array.from({ length: 2 }, (_, index) => startMember(world, history, index + 1))
  return { producers, consumers, members, admin }
}

function startMember(world: World, history: HistoryRecorder, number: number): GroupMember {
  return new GroupMember(world, `member-${number}`, history, { group: GROUP, topic: TOPIC })
}

/** The first one is what the promise is about: idempotent, acks=all. */
function startProducer(world: World, history: HistoryRecorder, number: number): Producer {
  const { dice } = world
  const isPromised = number === 1
  return new Producer(world, `producer-${number}`, history, {
    topic: TOPIC,
    acks: isPromised || dice.chance(0.6) ? -1 : 1,
    idempotent: isPromised || dice.chance(0.6),
    inFlightMax: dice.between(1, 5),
    meanIntervalMs: dice.pick([50, 200, 500]),
    batchRecordsMax: dice.pick([1, 3, 10]),
    deliveryTimeoutMs: dice.chance(0.3) ? dice.between(3000, 20_000) : FOREVER_MS,
  })
}
