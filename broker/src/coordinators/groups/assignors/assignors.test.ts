import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { countPartitions, type TopicPartitions, toTopicPartitions } from '../target/partitions.ts'
import type { Assignor, MemberSpec } from './assignor.ts'
import { rangeAssignor } from './range.ts'
import { uniformAssignor } from './uniform.ts'

interface Group {
  readonly topics: Readonly<Record<string, number>>
  readonly members: readonly MemberSpec[]
}

function member(
  memberId: string,
  topics: readonly string[],
  assigned: TopicPartitions = new Map(),
): MemberSpec {
  return { memberId, groupInstanceId: null, subscribedTopicIds: new Set(topics), assigned }
}

const assign = ({ assign }: Assignor, { topics, members }: Group) =>
  assign({ members, partitionCount: (topicId) => topics[topicId] ?? 0 })

/** As `topic/partition`, sorted, by member. */
function plain(assignment: ReadonlyMap<string, TopicPartitions>): Record<string, string[]> {
  return Object.fromEntries(
    [...assignment].map(([memberId, partitions]) => [
      memberId,
      [...partitions].flatMap(([topic, numbers]) => [...numbers].map((each) => `${topic}/${each}`)).sort(),
    ]),
  )
}

const after = (group: Group, assignment: ReadonlyMap<string, TopicPartitions>): Group => ({
  ...group,
  members: group.members.map((each) => ({ ...each, assigned: assignment.get(each.memberId) ?? new Map() })),
})

const TOPICS = ['a', 'b', 'c', 'd']

/** `isEven`: all read the same. Assignments before may be anything, also what nobody may have any more. */
const groups = (isEven: boolean): fc.Arbitrary<Group> =>
  fc
    .record({
      counts: fc.array(fc.nat(9), { minLength: 4, maxLength: 4 }),
      common: fc.subarray(TOPICS),
      members: fc.array(
        fc.record({
          topics: fc.subarray(TOPICS),
          assigned: fc.array(fc.tuple(fc.constantFrom(...TOPICS, 'gone'), fc.nat(12)), { maxLength: 12 }),
        }),
        { minLength: 1, maxLength: 7 },
      ),
    })
    .map(({ counts, common, members }) => ({
      topics: Object.fromEntries(TOPICS.map((topic, index) => [topic, counts[index] ?? 0])),
      members: members.map(({ topics, assigned }, index) => {
        const entries = assigned.map(([topicId, partition]) => ({ topicId, partitions: [partition] }))
        return member(`m${index}`, isEven ? common : topics, toTopicPartitions(entries))
      }),
    }))

const run = (isEven: boolean, check: (group: Group) => void) =>
  fc.assert(fc.property(groups(isEven), check), { numRuns: 300, seed: 848 })

describe.each([uniformAssignor, rangeAssignor])('$name', (assignor) => {
  test.each([true, false])(
    'gives every partition to exactly one of its readers (all read the same: %s)',
    (isEven) => {
      run(isEven, (group) => {
        const assignment = assign(assignor, group)
        expect([...assignment.keys()].sort()).toEqual(group.members.map(({ memberId }) => memberId).sort())
        const given = Object.entries(plain(assignment)).flatMap(([memberId, all]) =>
          all.map((each) => [memberId, each] as const),
        )
        for (const [memberId, each] of given) {
          const subscribed = group.members.find((one) => one.memberId === memberId)?.subscribedTopicIds
          expect(subscribed?.has(each.split('/')[0] ?? '')).toBe(true)
        }
        const read = TOPICS.filter((topic) => group.members.some((one) => one.subscribedTopicIds.has(topic)))
        const all = read.flatMap((topic) =>
          Array.from({ length: group.topics[topic] ?? 0 }, (_, partition) => `${topic}/${partition}`),
        )
        expect(given.map(([, each]) => each).sort()).toEqual(all.sort())
      })
    },
  )

  test('gives the same whatever the order of the members, and nothing new when nothing changed', () => {
    run(false, (group) => {
      const once = assign(assignor, group)
      const reversed = { ...group, members: [...group.members].reverse() }
      expect(plain(assign(assignor, reversed))).toEqual(plain(once))
      expect(plain(assign(assignor, after(group, once)))).toEqual(plain(once))
    })
  })
})

describe('uniform', () => {
  test('members that read the same get as many as each other, but for one', () => {
    run(true, (group) => {
      const sizes = [...assign(uniformAssignor, group).values()].map(countPartitions)
      expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1)
    })
  })

  test('no partition could be handed on to make two members more equal', () => {
    run(false, (group) => {
      const assignment = assign(uniformAssignor, group)
      for (const from of group.members) {
        const had = assignment.get(from.memberId) ?? new Map()
        for (const topicId of had.keys()) {
          for (const to of group.members) {
            if (!to.subscribedTopicIds.has(topicId)) continue
            const difference =
              countPartitions(had) - countPartitions(assignment.get(to.memberId) ?? new Map())
            expect(difference).toBeLessThanOrEqual(1)
          }
        }
      }
    })
  })

  test('hands on over a member in between', () => {
    const three = toTopicPartitions([{ topicId: 'a', partitions: [0, 1, 2] }])
    const group = {
      topics: { a: 3, b: 2, c: 1 },
      members: [
        member('left', ['a'], three),
        member('middle', ['a', 'b'], toTopicPartitions([{ topicId: 'b', partitions: [0, 1] }])),
        member('right', ['b', 'c'], toTopicPartitions([{ topicId: 'c', partitions: [0] }])),
      ],
    }
    const sizes = [...assign(uniformAssignor, group).values()].map(countPartitions)
    expect(sizes).toEqual([2, 2, 2])
  })

  test('a member that comes takes only its share, one that goes disturbs nobody', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 6 }), fc.integer({ min: 1, max: 40 }), (size, count) => {
        const names = Array.from({ length: size }, (_, index) => `m${index}`)
        const group = { topics: { a: count }, members: names.map((name) => member(name, ['a'])) }
        const settled = after(group, assign(uniformAssignor, group))
        const joined = { ...settled, members: [...settled.members, member('new', ['a'])] }
        const now = plain(assign(uniformAssignor, joined))
        for (const { memberId, assigned } of settled.members) {
          const before = plain(new Map([[memberId, assigned]]))[memberId] ?? []
          expect(before).toEqual(expect.arrayContaining(now[memberId] ?? []))
        }
        const left = { ...settled, members: settled.members.slice(1) }
        const rest = plain(assign(uniformAssignor, left))
        for (const { memberId, assigned } of left.members) {
          expect(rest[memberId]).toEqual(expect.arrayContaining(plain(new Map([['x', assigned]])).x ?? []))
        }
      }),
      { numRuns: 100, seed: 1 },
    )
  })

  test('a thousand members with different subscriptions are served within a fraction of a second', () => {
    const topics = Object.fromEntries(Array.from({ length: 100 }, (_, index) => [`t${index}`, 50]))
    const members = Array.from({ length: 1_000 }, (_, index) =>
      member(
        `m${index}`,
        Array.from({ length: 5 }, (_, at) => `t${(index * 7 + at * 13) % 100}`),
      ),
    )
    const assignment = assign(uniformAssignor, { topics, members })
    expect([...assignment.values()].reduce((sum, each) => sum + countPartitions(each), 0)).toBe(5_000)
  })
})

describe('range', () => {
  test('cuts each topic into ranges, the first members having one more', () => {
    const group = { topics: { a: 5, b: 2 }, members: ['x', 'y', 'z'].map((name) => member(name, ['a', 'b'])) }
    expect(plain(assign(rangeAssignor, group))).toEqual({
      x: ['a/0', 'a/1', 'b/0'],
      y: ['a/2', 'a/3', 'b/1'],
      z: ['a/4'],
    })
  })

  test('gives the same partition numbers of topics with as many partitions', () => {
    const group = { topics: { a: 3, b: 3 }, members: ['x', 'y'].map((name) => member(name, ['a', 'b'])) }
    expect(plain(assign(rangeAssignor, group))).toEqual({
      x: ['a/0', 'a/1', 'b/0', 'b/1'],
      y: ['a/2', 'b/2'],
    })
  })

  test('orders static members by instance, before the others', () => {
    const members = [
      member('a', ['t']),
      { ...member('z', ['t']), groupInstanceId: 'i1' },
      { ...member('y', ['t']), groupInstanceId: 'i2' },
    ]
    const group = { topics: { t: 3 }, members }
    expect(plain(assign(rangeAssignor, group))).toEqual({ z: ['t/0'], y: ['t/1'], a: ['t/2'] })
  })
})
