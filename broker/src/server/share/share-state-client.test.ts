import { expect, test } from 'vitest'
import { SHARE_STATE_TOPIC } from '../../cluster/index.ts'
import { TestCluster, uuidOf } from '../../cluster/test-cluster.ts'
import { nodeTimers } from '../../runtime/node-clock.ts'
import { ErrorCode } from '../../wire/index.ts'
import { ShareStateClient } from './share-state-client.ts'

const GONE = { groupId: 'readers', topicId: uuidOf(99), partition: 0 }
const { image } = withTopics()
const KEY = { ...GONE, topicId: image.topics.get('orders')!.topicId }

/** A client whose coordinator gives these answers in turn. */
function clientOf(errorCodes: number[]): ShareStateClient {
  const answer = () => ({
    results: [{ partitions: [{ errorCode: errorCodes.shift(), errorMessage: null }] }],
  })
  return new ShareStateClient({
    cluster: image,
    timers: { ...nodeTimers, after: (_delayMs, task) => nodeTimers.after(0, task) },
    links: { request: async () => answer() as never },
  })
}

function withTopics(): TestCluster {
  const cluster = new TestCluster()
  cluster.start(1)
  cluster.createReplicated(SHARE_STATE_TOPIC, [1])
  cluster.createReplicated('orders', [1])
  return cluster
}

test('a coordinator that has not heard of a new topic yet is asked again', async () => {
  const client = clientOf([ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, ErrorCode.NONE])
  await expect(client.initialize(KEY, 0, 0)).resolves.toMatchObject({ errorCode: ErrorCode.NONE })
})

test('a coordinator that does not know a topic that is gone is not asked again', async () => {
  const client = clientOf([ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, ErrorCode.NONE])
  const code = ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
  await expect(client.initialize(GONE, 0, 0)).rejects.toMatchObject({ code })
})

test('what is asked of a topic that is gone is refused at once', async () => {
  const client = clientOf([ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, ErrorCode.NONE])
  await expect(client.read(KEY, 0)).rejects.toMatchObject({ code: ErrorCode.UNKNOWN_TOPIC_OR_PARTITION })
})
