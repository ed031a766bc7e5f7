/** A kafkajs producer: one record at a time, acks=all. Its own retries may write a record twice, so it is not idempotent. */
import { Kafka, logLevel } from 'kafkajs'
import type { HistoryRecorder } from '../../simulation/checker/index.ts'
import { sleep } from '../../support/wait.ts'
import { PARTITIONS, TOPIC } from './load.ts'

const PAUSE_MS = 20
const NAME = 'kafkajs'

export async function produceWithKafkaJs(
  brokers: readonly string[],
  history: HistoryRecorder,
  isOver: () => boolean,
): Promise<void> {
  const kafka = new Kafka({
    clientId: NAME,
    brokers: [...brokers],
    logLevel: logLevel.NOTHING,
    requestTimeout: 5_000,
    retry: { initialRetryTime: 50, maxRetryTime: 500, retries: 60 },
  })
  const producer = kafka.producer()
  await producer.connect()
  try {
    for (let count = 0; !isOver(); count++) {
      const partition = count % PARTITIONS
      const value = `${NAME}:${count}`
      const op = history.invoke(NAME, {
        name: 'send',
        partition: `${TOPIC}-${partition}`,
        value,
        idempotent: false,
      })
      try {
        const [sent] = await producer.send({ topic: TOPIC, acks: -1, messages: [{ partition, value }] })
        history.ok(op, sent?.baseOffset === undefined ? {} : { offset: Number(sent.baseOffset) })
      } catch (error) {
        history.info(op, error instanceof Error ? error.message : String(error))
      }
      await sleep(PAUSE_MS)
    }
  } finally {
    await producer.disconnect()
  }
}
