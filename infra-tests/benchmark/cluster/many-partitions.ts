/** Ten thousand partitions on one broker: how soon all can be written after they are made, and after restarts. */
import type { BrokerProcess } from '../../conformance/broker-process.ts'
import { produceToManyRequest } from '../../support/frames.ts'
import { type Address, parseProducedToMany } from '../../support/raw-client.ts'
import { encodeBatch } from '../../support/record-batch.ts'
import { sleep, waitFor } from '../../support/wait.ts'
import { settleDisk } from '../broker/case.ts'
import { atMost } from '../goals.ts'
import { residentMegabytesOf } from '../process-usage.ts'
import { addressesOf, type ClusterCase, onBroker } from './cluster-case.ts'

/** Several: Kafka's controller refuses a request for 10,000 partitions at once, since they are one batch of metadata. */
const TOPICS = ['many-1', 'many-2', 'many-3', 'many-4']
const PARTITIONS_PER_TOPIC = 2_500
const PARTITIONS_PER_REQUEST = 500
const ALL_WRITABLE_LIMIT_MS = 300_000

export const manyPartitionsCase: ClusterCase = {
  name: 'many-partitions',
  title: '10,000 partitions on one broker → all writable',
  brokers: 1,
  goals: {
    createdSeconds: atMost(0.2, '×'),
    restartedSeconds: atMost(0.1, '×'),
    killedSeconds: atMost(0.1, '×'),
    residentMegabytes: atMost(0.25, '×'),
  },
  repetitions: 1,
  isWarmedUp: false,
  async run({ cluster }) {
    const broker = cluster.brokers[0]!
    const address = addressesOf(cluster)[0]!
    // What is created is synced, and would wait behind what other cases have written.
    await settleDisk()
    const createdSeconds = await secondsUntilWritable(address, () => createTopics(address))
    await sleep(2_000)
    const residentMegabytes = residentMegabytesOf(broker.pid)
    const restartedSeconds = await secondsAfter(broker, address, 'SIGTERM')
    const killedSeconds = await secondsAfter(broker, address, 'SIGKILL')
    return { createdSeconds, restartedSeconds, killedSeconds, residentMegabytes }
  },
}

/** From the start of the process; the end of the one before is not counted. */
async function secondsAfter(
  broker: BrokerProcess,
  address: Address,
  signal: 'SIGTERM' | 'SIGKILL',
): Promise<number> {
  broker.signal(signal)
  await broker.gone()
  return secondsUntilWritable(address, () => broker.start())
}

function createTopics(address: Address): Promise<void> {
  return onBroker(address, async (client) => {
    for (const topic of TOPICS) {
      const errorCode = await client.createTopic({ topic, partitions: PARTITIONS_PER_TOPIC })
      if (errorCode !== 0) throw new Error(`${topic} was not created: error ${errorCode}`)
    }
  })
}

interface Some {
  readonly topic: string
  readonly partitions: readonly number[]
}

async function secondsUntilWritable(address: Address, begin: () => Promise<unknown>): Promise<number> {
  const startedAtMs = performance.now()
  await begin()
  const partitions = Array.from({ length: PARTITIONS_PER_TOPIC }, (_, partition) => partition)
  let left: readonly Some[] = TOPICS.map((topic) => ({ topic, partitions }))
  await waitFor(
    `all partitions of ${TOPICS.join(', ')} to take a record`,
    ALL_WRITABLE_LIMIT_MS,
    async () => {
      left = await refused(address, left)
      return left.length === 0
    },
    50,
  )
  return (performance.now() - startedAtMs) / 1000
}

/** Writes one record to each; returns the partitions that did not take it. */
function refused(address: Address, wanted: readonly Some[]): Promise<Some[]> {
  const batch = encodeBatch([{ value: 'x' }])
  return onBroker(address, async (client) => {
    const refusing: Some[] = []
    for (const { topic, partitions } of wanted) {
      const left: number[] = []
      for (let at = 0; at < partitions.length; at += PARTITIONS_PER_REQUEST) {
        const some = partitions.slice(at, at + PARTITIONS_PER_REQUEST)
        const answer = await client.send((id) =>
          produceToManyRequest(id, { topic, partitions: some, acks: 1, batch }),
        )
        for (const { partition, errorCode } of parseProducedToMany(answer)) {
          if (errorCode !== 0) left.push(partition)
        }
      }
      if (left.length > 0) refusing.push({ topic, partitions: left })
    }
    return refusing
  })
}
