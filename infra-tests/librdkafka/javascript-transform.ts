/** `node javascript-transform.ts ORDERS`: transforms with Confluent's client until it is killed. Whatever fails ends it. */
import { ordersOf, transformer } from '../conformance/exactly-once/transform.ts'
import { connectTo, type Producer } from './javascript-client.ts'

const orders = ordersOf(process.argv.slice(2))
const { bootstrap, transactionalId, groupId, from } = orders
const kafka = connectTo(bootstrap)

// Connecting asks for the producer's id, which ends the transaction of the former life.
const producer = kafka.producer({ kafkaJS: { transactionalId } })
await producer.connect()
const consumer = kafka.consumer({
  kafkaJS: {
    groupId,
    fromBeginning: true,
    autoCommit: false,
    sessionTimeout: 2_000,
    heartbeatInterval: 300,
  },
})
const transform = transformer<Producer>(orders, {
  begin: () => producer.transaction(),
  sendOffsets: (transaction, topics) => transaction.sendOffsets({ consumer, topics }),
})
await consumer.connect()
await consumer.subscribe({ topics: [from] })
await consumer.run({
  eachBatch: async ({ batch }) => {
    try {
      await transform(batch)
    } catch (error) {
      // The client would only log it, and begin the batch anew.
      console.error(error)
      process.exit(1)
    }
  },
})
