/** `node kafkajs-transform.ts ORDERS`: transforms until it is killed. Whatever fails ends it. */
import { Kafka, logLevel, type Transaction } from 'kafkajs'
import { ordersOf, transformer } from './transform.ts'

const orders = ordersOf(process.argv.slice(2))
const { bootstrap, transactionalId, groupId, from } = orders
const kafka = new Kafka({ brokers: bootstrap.split(','), logLevel: logLevel.ERROR })

const producer = kafka.producer({ transactionalId, idempotent: true, maxInFlightRequests: 1 })
await producer.connect()
// Only this asks for the producer's id, which ends the transaction of the former life. It comes before the group is
// joined: the library cannot ask for stable offsets only (KIP-447), and while that transaction ends would begin before it.
await (await producer.transaction()).abort()

const consumer = kafka.consumer({
  groupId,
  readUncommitted: false,
  sessionTimeout: 2_000,
  heartbeatInterval: 300,
  maxWaitTimeInMs: 200,
  retry: { restartOnFailure: async () => false },
})
consumer.on(consumer.events.CRASH, ({ payload }) => {
  console.error(payload.error)
  process.exit(1)
})
const transform = transformer<Transaction>(orders, {
  begin: () => producer.transaction(),
  sendOffsets: (transaction, topics) => transaction.sendOffsets({ consumerGroupId: groupId, topics }),
})
await consumer.connect()
await consumer.subscribe({ topics: [from], fromBeginning: true })
await consumer.run({ autoCommit: false, eachBatch: ({ batch }) => transform(batch) })
