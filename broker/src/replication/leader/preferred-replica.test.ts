import { expect, test } from 'vitest'
import { ClusterImage } from '../../cluster/index.ts'
import { QUIET_IMAGE } from '../testing/harness.ts'
import { LeaderState } from './leader-state.ts'
import { preferredReplica } from './preferred-replica.ts'

const RACKS = ['a', 'b', 'c', 'c']

function cluster(fenced: readonly number[] = []): ClusterImage {
  const image = new ClusterImage()
  const brokers = RACKS.map((rack, index) => ({
    type: 'RegisterBroker' as const,
    brokerId: index + 1,
    brokerEpoch: index + 1,
    incarnationId: `AAAAAAAAAAAAAAAAAAAAA${index}`,
    rack,
    endpoints: [{ name: 'PLAINTEXT', host: 'broker', port: 9092, securityProtocol: 'PLAINTEXT' }],
    fenced: fenced.includes(index + 1),
    inControlledShutdown: false,
    previousBrokerEpoch: -1,
  }))
  image.apply(0, brokers)
  return image
}

function leaderOf(isr: readonly number[], endOffsets: Readonly<Record<number, number>>): LeaderState {
  const image = {
    ...QUIET_IMAGE,
    replicas: [1, 2, 3, 4],
    isr,
    leader: 1,
  } as const
  const state = new LeaderState(image, { isEligible: () => true, epochOf: () => 1 }, 30_000, 0, 0)
  for (const [id, fetchOffset] of Object.entries(endOffsets))
    state.fetched({ brokerId: Number(id), brokerEpoch: 1, fetchOffset, logStartOffset: 10 }, 100, 0)
  return state
}

test.each([
  { rackId: 'c', offset: 50, expected: 4, why: 'of two in the rack the one that has most' },
  { rackId: 'b', offset: 50, expected: 2, why: 'the one in the rack' },
  { rackId: 'a', offset: 50, expected: -1, why: 'the leader, who is in the rack' },
  { rackId: 'x', offset: 50, expected: -1, why: 'the leader, since nobody is in the rack' },
  { rackId: '', offset: 50, expected: -1, why: 'the leader, if the consumer names no rack' },
  { rackId: 'b', offset: 95, expected: -1, why: 'the leader, if the other has not got that far' },
  { rackId: 'b', offset: 5, expected: -1, why: 'the leader, if the other begins later' },
])('a consumer in rack "$rackId" at offset $offset reads from $why', ({ rackId, offset, expected }) => {
  const leader = leaderOf([1, 2, 3, 4], { 2: 90, 3: 80, 4: 90 })
  expect(preferredReplica(leader, cluster(), rackId, offset)).toBe(expected)
})

test('nobody is sent to a replica that is fenced or not in sync', () => {
  const endOffsets = { 2: 90, 3: 90, 4: 90 }
  expect(preferredReplica(leaderOf([1, 3, 4], endOffsets), cluster(), 'b', 50)).toBe(-1)
  expect(preferredReplica(leaderOf([1, 2, 3, 4], endOffsets), cluster([2]), 'b', 50)).toBe(-1)
})
