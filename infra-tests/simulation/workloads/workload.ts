/** Some clients of a run with one purpose: a workload is one file here, and a line in index.ts. */
import type { HistoryRecorder } from '../checker/recorder.ts'
import type { Consumer } from '../clients/consumer.ts'
import type { Keys } from '../clients/keyed-records.ts'
import type { Dice } from '../dice.ts'
import type { World } from '../world/world.ts'

export interface Workload {
  /** The faults are over: nothing new is begun; what was begun is brought to an end. */
  finish(): void
  /** Whether it was, with an operation on each partition that succeeded after the faults. */
  hasFinished(): boolean
  /** All workloads have finished: what they wrote is now read to the end. */
  readAll(): void
  hasReadAll(): boolean
  /** The names of those that are in a group, if there is one. */
  readonly members?: readonly string[]
  /** One of its processes dies without a word, and another one takes its place; its name, if there was one. */
  crashClient(dice: Dice): string | undefined
}

export interface WorkloadParts {
  readonly world: World
  readonly history: HistoryRecorder
  readonly replicationFactor: number
  /** The topic that is there when a workload begins; it may get more partitions. */
  readonly topic: string
  /** Of the topic's records, if they have any. */
  readonly keys?: Keys | undefined
}

/** Where each partition of a topic ends, by its leader's log; Infinity where there is no leader. */
export function endsOf(world: World, topic: string): Map<number, number> {
  const partitions = world.observer.partitions().filter((partition) => partition.topic === topic)
  return new Map(
    partitions.map(({ partitionId, leader }) => {
      const log = world.machine(leader)?.logs?.get(topic, partitionId)
      return [partitionId, log?.logEndOffset ?? Number.POSITIVE_INFINITY]
    }),
  )
}

/** Whether it stands at the end of each partition of its topic. */
export function hasRead(world: World, { topic, readers }: Consumer): boolean {
  return [...endsOf(world, topic)].every(
    ([partition, end]) => (readers.get(partition)?.position ?? -1) >= end,
  )
}

/** That a consumer has read all that there was. */
export function tellDrained({ world, history }: WorkloadParts, consumer: Consumer | undefined): void {
  if (consumer === undefined) throw new Error('nobody has read to the end')
  const { client, topic } = consumer
  for (const [partition, endOffset] of endsOf(world, topic))
    history.notice(client.name, { name: 'drained', partition: `${topic}-${partition}`, endOffset })
}
