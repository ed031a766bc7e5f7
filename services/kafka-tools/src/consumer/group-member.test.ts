import type { ClusterMetadata } from '@platformatic/kafka'
import { expect, test } from 'vitest'
import { rangeAssigner } from './group-member.ts'

function assign(
  members: Record<string, string[]>,
  partitions: Record<string, number>,
): Record<string, string[]> {
  const topics = new Map(
    Object.entries(partitions).map(([name, partitionsCount]) => [
      name,
      { id: name, partitions: [], partitionsCount, lastUpdate: 0 },
    ]),
  )
  const metadata: ClusterMetadata = { id: 'c', brokers: new Map(), controllerId: 1, topics, lastUpdate: 0 }
  const subscriptions = new Map(
    Object.entries(members).map(([memberId, own]) => [memberId, { memberId, version: 1, topics: own }]),
  )
  const assignments = rangeAssigner('', subscriptions, new Set(Object.keys(partitions)), metadata)
  return Object.fromEntries(
    assignments.map(({ memberId, assignments: own }) => [
      memberId,
      [...own.values()].map(({ topic, partitions: list }) => `${topic}:${list.join(',')}`),
    ]),
  )
}

test('neighbours stay together, and the first members have one more', () => {
  const members = { b: ['t'], a: ['t'], c: ['t'] }
  expect(assign(members, { t: 7 })).toEqual({ a: ['t:0,1,2'], b: ['t:3,4'], c: ['t:5,6'] })
})

test('a topic goes to those who subscribed to it; too many members idle', () => {
  const members = { a: ['t', 'u'], b: ['u'] }
  expect(assign(members, { t: 2, u: 1 })).toEqual({ a: ['t:0,1', 'u:0'], b: [] })
})
