/** Producers that keep writing while everything around them is killed, and write down each acknowledgement. */

import type { Acknowledged } from '../../support/ledger.ts'
import { type Address, awaitTopic, RawClient } from '../../support/raw-client.ts'
import { sleep } from '../../support/wait.ts'

export interface Writers {
  readonly acknowledged: Acknowledged[]
  readonly attempted: Set<string>
  stop(): Promise<void>
}

/** One writer per partition, acks=all. */
export function startWriters(brokers: readonly Address[], topic: string, partitions: number): Writers {
  const acknowledged: Acknowledged[] = []
  const attempted = new Set<string>()
  let stopped = false
  const write = async (partition: number): Promise<void> => {
    let client: RawClient | undefined
    for (let count = 0; !stopped; count++) {
      const value = `${partition}/${count}`
      try {
        client ??= await connectToLeader(brokers, topic, partition)
        attempted.add(value)
        const target = { topic, partition, acks: -1 }
        const produced = await client.produce(target, [{ value }])
        if (produced.errorCode !== 0) throw new Error(`error ${produced.errorCode}`)
        acknowledged.push({ partition, offset: produced.baseOffset, value })
      } catch {
        // Whether this record was stored is unknown: it is never sent again. The leader may be another one by now.
        client?.close()
        client = undefined
        await sleep(20)
      }
    }
    client?.close()
  }
  const writing = Array.from({ length: partitions }, (_, partition) => write(partition))
  const stop = async () => {
    stopped = true
    await Promise.all(writing)
  }
  return { acknowledged, attempted, stop }
}

/** Asks whichever broker answers. */
async function connectToLeader(
  brokers: readonly Address[],
  topic: string,
  partition: number,
): Promise<RawClient> {
  for (const broker of brokers) {
    const leader = await leaderAt(broker, topic, partition).catch(() => undefined)
    if (leader) return RawClient.connect(leader, 1_000)
  }
  throw new Error(`no broker knows a leader of partition ${partition}`)
}

async function leaderAt(broker: Address, topic: string, partition: number): Promise<Address | undefined> {
  const client = await RawClient.connect(broker, 1_000)
  try {
    const metadata = await client.metadata([topic])
    const leader = metadata.partitions.find((candidate) => candidate.partition === partition)?.leader
    return leader === undefined ? undefined : metadata.brokers.get(leader)
  } finally {
    client.close()
  }
}

/** Creates the topic with three replicas and waits for its leaders. */
export async function createTopic(broker: Address, topic: string, partitions: number): Promise<void> {
  const client = await RawClient.connect(broker)
  const errorCode = await client.createTopic({ topic, partitions, replicationFactor: 3 })
  client.close()
  if (errorCode !== 0) throw new Error(`cannot create ${topic}: error ${errorCode}`)
  await awaitTopic(broker, topic)
}
