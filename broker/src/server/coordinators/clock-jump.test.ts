/** The clock of the coordinator's machine is set: nobody has fallen silent by that. */
import { expect, test } from 'vitest'
import { FindCoordinatorApi } from '../../apis/10-find-coordinator.ts'
import { JoinGroupApi } from '../../apis/11-join-group.ts'
import { HeartbeatApi } from '../../apis/12-heartbeat.ts'
import { SyncGroupApi } from '../../apis/14-sync-group.ts'
import { ErrorCode } from '../../wire/index.ts'
import { TestCluster } from '../test-cluster.ts'
import { createTopic } from '../test-requests.ts'

const GROUP = 'readers'
const HOUR_MS = 3_600_000

test.each([HOUR_MS, -HOUR_MS])(
  'a member stays in its group when the clock jumps by %i ms',
  async (jumpMs) => {
    const cluster = await TestCluster.start(1, { 'offsets.topic.replication.factor': '1' })
    await createTopic(cluster, 1, { name: 'orders' })
    const memberId = await join(cluster)
    const heartbeat = async () => {
      const request = { groupId: GROUP, generationId: 1, memberId, groupInstanceId: null }
      return (await cluster.request(1, HeartbeatApi, 4, request)).errorCode
    }
    cluster.clock.jump(jumpMs)
    await cluster.advance(5000)
    expect(await heartbeat()).toBe(ErrorCode.NONE)
    await cluster.advance(9000)
    expect(await heartbeat()).toBe(ErrorCode.NONE)
    await cluster.advance(11_000)
    expect(await heartbeat()).toBe(ErrorCode.UNKNOWN_MEMBER_ID)
  },
)

async function join(cluster: TestCluster): Promise<string> {
  // Makes the topic that the group is kept in.
  await cluster.request(1, FindCoordinatorApi, 4, { keyType: 0, coordinatorKeys: [GROUP] })
  const request = {
    groupId: GROUP,
    sessionTimeoutMs: 10_000,
    rebalanceTimeoutMs: 10_000,
    memberId: '',
    groupInstanceId: null,
    protocolType: 'consumer',
    protocols: [{ name: 'range', metadata: Buffer.alloc(0) }],
    reason: null,
  }
  for (let tries = 0; tries < 50; tries++) {
    const { errorCode, memberId, generationId } = await cluster.request(1, JoinGroupApi, 9, request)
    if (errorCode === ErrorCode.MEMBER_ID_REQUIRED) {
      request.memberId = memberId
    } else if (errorCode === ErrorCode.NONE) {
      const assignments = [{ memberId, assignment: Buffer.of(1) }]
      const sync = { groupId: GROUP, generationId, memberId, groupInstanceId: null, assignments }
      const named = { ...sync, protocolType: 'consumer', protocolName: 'range' }
      expect((await cluster.request(1, SyncGroupApi, 5, named)).errorCode).toBe(ErrorCode.NONE)
      return memberId
    }
    await cluster.advance(200)
  }
  throw new Error('nobody can join')
}
