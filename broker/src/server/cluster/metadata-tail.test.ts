/** How soon the brokers know what the controller has decided. */
import { expect, test } from 'vitest'
import { TestCluster } from '../test-cluster.ts'
import { createTopic, leaders } from '../test-requests.ts'

const TOPIC = 'orders'
const STORE_MS = 400
const NETWORK_MS = 20

test('all brokers learn of a change at once, however slow the store is', async () => {
  const cluster = await TestCluster.start(3)
  cluster.storeDelayMsMax = STORE_MS
  const controllerId = cluster.brokerIds.find((id) => cluster.broker(id).isController)!
  for (let count = 0; count < 5; count++) {
    const name = `${TOPIC}-${count}`
    await createTopic(cluster, controllerId, { name, partitions: 3, replicationFactor: 3 })
    await cluster.advance(NETWORK_MS)
    const known = await Promise.all(cluster.brokerIds.map((id) => leaders(cluster, id, name)))
    expect(known.map((ids) => ids.length)).toEqual([3, 3, 3])
  }
  expect(cluster.errors).toEqual([])
})
