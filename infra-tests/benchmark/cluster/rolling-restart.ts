/** Every broker is stopped in good order and started again, one after the other, while records are written. */
import { awaitTopic, RawClient } from '../../support/raw-client.ts'
import { sleep } from '../../support/wait.ts'
import type { Metrics } from '../broker/case.ts'
import { atMost, noGoal } from '../goals.ts'
import { AcknowledgementWriters, longestGapMs, type Writer } from './acknowledgement-writers.ts'
import {
  addressesOf,
  awaitWhole,
  type ClusterCase,
  type ClusterSide,
  withReplicatedTopic,
} from './cluster-case.ts'

const PARTITIONS = 12

export const rollingRestartCase: ClusterCase = {
  name: 'rolling-restart',
  title: 'rolling restart of three brokers under load, acks=all',
  brokers: 3,
  goals: { refusedWrites: atMost(0), lostRecords: atMost(0), longestGapMs: noGoal, seconds: noGoal },
  repetitions: 1,
  isWarmedUp: false,
  run: (side) => withReplicatedTopic(side, PARTITIONS, (topic) => restartAll(side, topic)),
}

async function restartAll({ cluster }: ClusterSide, topic: string): Promise<Metrics> {
  const load = new AcknowledgementWriters(addressesOf(cluster), topic, PARTITIONS)
  await sleep(500)
  const startedAtMs = performance.now()
  try {
    for (const broker of cluster.brokers) {
      broker.signal('SIGTERM')
      await broker.gone()
      await broker.start()
      await awaitWhole(cluster, topic)
    }
  } finally {
    await load.stop()
  }
  const endedAtMs = performance.now()
  let lostRecords = 0
  for (const writer of load.writers) lostRecords += await countLost(cluster, topic, writer)
  return {
    refusedWrites: load.refusals.length,
    lostRecords,
    longestGapMs: Math.max(...load.writers.map((writer) => longestGapMs(writer, startedAtMs))),
    seconds: (endedAtMs - startedAtMs) / 1000,
  }
}

/** Acknowledged records that are not where they were said to be. */
async function countLost(
  cluster: ClusterSide['cluster'],
  topic: string,
  { partition, acknowledged }: Writer,
): Promise<number> {
  const { brokers, partitions } = await awaitTopic(addressesOf(cluster)[0]!, topic)
  const leader = brokers.get(partitions.find((each) => each.partition === partition)?.leader ?? -1)
  if (leader === undefined) throw new Error(`partition ${partition} has no leader`)
  const client = await RawClient.connect(leader)
  try {
    const stored = new Map(
      (await client.readAll(topic, partition)).map(({ offset, value }) => [offset, value]),
    )
    return acknowledged.filter(({ offset, value }) => stored.get(offset) !== value).length
  } finally {
    client.close()
  }
}
