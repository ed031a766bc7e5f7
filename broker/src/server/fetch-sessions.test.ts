import { beforeEach, expect, test } from 'vitest'
import { Watchers } from '../replication/partition/watchers.ts'
import { ErrorCode } from '../wire/index.ts'
import { type FetchContext, type FetchPartition, FetchSessions, type FetchWish } from './fetch-sessions.ts'

const SLOTS = 2
const IDLE_MS = 120_000
let sessions: FetchSessions
let lastId: number

beforeEach(() => {
  lastId = 0
  sessions = new FetchSessions(SLOTS, () => ++lastId)
})

function wanted(partition: number, fetchOffset = 0): FetchPartition {
  return {
    topic: 'orders',
    topicId: 'id-of-orders',
    partition,
    fetchOffset,
    maxBytes: 100,
    currentLeaderEpoch: -1,
    lastFetchedEpoch: -1,
    logStartOffset: -1,
    highWatermark: Infinity,
  }
}

function broker(brokerId: number, brokerEpoch = 1) {
  return { brokerId, brokerEpoch }
}

function ask(wish: Partial<FetchWish>, nowMs = 0): FetchContext | number {
  const whole = {
    sessionId: 0,
    sessionEpoch: 0,
    usesTopicIds: false,
    follower: undefined,
    partitions: [],
    forgotten: [],
    ...wish,
  }
  return sessions.resolve(whole, nowMs)
}

function open(...partitions: FetchPartition[]): FetchContext {
  const context = ask({ partitions })
  if (typeof context === 'number') throw new Error(`refused: ${context}`)
  return context
}

function next(context: FetchContext, sessionEpoch: number, wish: Partial<FetchWish> = {}): FetchContext {
  const found = ask({ sessionId: context.sessionId, sessionEpoch, ...wish })
  if (typeof found === 'number') throw new Error(`refused: ${found}`)
  return found
}

function outcome(changes: Partial<Parameters<FetchContext['include']>[1]> = {}) {
  return {
    errorCode: 0,
    highWatermark: 5,
    logStartOffset: 0,
    hasRecords: false,
    hasDivergence: false,
    ...changes,
  }
}

/** Indexes of the partitions that are answered. */
function answer(
  context: FetchContext,
  changes: ReadonlyMap<number, Parameters<typeof outcome>[0]> = new Map(),
) {
  const included = context.due().filter((each) => context.include(each, outcome(changes.get(each.partition))))
  return included.map((each) => each.partition)
}

test('epoch -1 reads without a session and ends the one that is named', () => {
  const session = open(wanted(0))
  const last = ask({ sessionId: session.sessionId, sessionEpoch: -1, partitions: [wanted(1)] })
  expect(last).toMatchObject({ sessionId: 0 })
  expect(sessions.count).toBe(0)
  expect(ask({ sessionId: session.sessionId, sessionEpoch: 1 })).toBe(ErrorCode.FETCH_SESSION_ID_NOT_FOUND)
})

test('epoch 0 opens a new session and ends the old one', () => {
  const first = open(wanted(0))
  const second = ask({ sessionId: first.sessionId, sessionEpoch: 0, partitions: [wanted(0)] })
  expect(second).toMatchObject({ sessionId: first.sessionId + 1 })
  expect(sessions.count).toBe(1)
})

test('each request must name the next epoch; a wrong one leaves the session as it is', () => {
  const session = open(wanted(0))
  const { sessionId } = session
  next(session, 1)
  for (const sessionEpoch of [1, 3])
    expect(ask({ sessionId, sessionEpoch })).toBe(ErrorCode.INVALID_FETCH_SESSION_EPOCH)
  next(session, 2)
})

test('a session of names refuses topic ids', () => {
  const { sessionId } = open(wanted(0))
  expect(ask({ sessionId, sessionEpoch: 1, usesTopicIds: true })).toBe(ErrorCode.FETCH_SESSION_TOPIC_ID_ERROR)
})

test('partitions are added, changed and forgotten', () => {
  const session = open(wanted(0), wanted(1))
  const changed = next(session, 1, {
    partitions: [wanted(1, 9), wanted(2)],
    forgotten: [{ topic: 'orders', topicId: '', partition: 0 }],
  })
  expect(changed.due().map((each) => [each.partition, each.fetchOffset])).toEqual([
    [1, 9],
    [2, 0],
  ])
})

test('a session without partitions ends', () => {
  const session = open(wanted(0))
  const empty = next(session, 1, { forgotten: [{ topic: 'orders', topicId: '', partition: 0 }] })
  expect([empty.sessionId, empty.due(), sessions.count]).toEqual([0, [], 0])
})

test('the first answer has everything, the next ones what changed', () => {
  const session = open(wanted(0), wanted(1))
  expect(answer(session)).toEqual([0, 1])
  expect(answer(next(session, 1))).toEqual([])
  expect(answer(next(session, 2), new Map([[1, { highWatermark: 6 }]]))).toEqual([1])
  expect(answer(next(session, 3), new Map([[1, { highWatermark: 6 }]]))).toEqual([])
  expect(
    answer(
      next(session, 4),
      new Map([
        [0, { logStartOffset: 2 }],
        [1, { highWatermark: 6 }],
      ]),
    ),
  ).toEqual([0])
  expect(
    answer(
      next(session, 5),
      new Map([
        [0, { logStartOffset: 2, hasDivergence: true }],
        [1, { highWatermark: 6 }],
      ]),
    ),
  ).toEqual([0])
})

test('errors are told each time, and the first good answer after one too', () => {
  const session = open(wanted(0))
  const failing = new Map([[0, { errorCode: ErrorCode.NOT_LEADER_OR_FOLLOWER }]])
  expect(answer(session, failing)).toEqual([0])
  expect(answer(next(session, 1), failing)).toEqual([0])
  expect(answer(next(session, 2))).toEqual([0])
  expect(answer(next(session, 3))).toEqual([])
})

test('a partition that had records goes behind the others', () => {
  const session = open(wanted(0), wanted(1), wanted(2))
  answer(session)
  answer(next(session, 1), new Map([[0, { hasRecords: true }]]))
  expect(
    next(session, 2)
      .due()
      .map((each) => each.partition),
  ).toEqual([1, 2, 0])
})

test('a partition that is forgotten while its fetch waits does not come back with the answer', () => {
  const session = open(wanted(0), wanted(1))
  answer(session)
  const waiting = next(session, 1)
  next(session, 2, { forgotten: [{ topic: 'orders', topicId: '', partition: 0 }] })
  answer(waiting, new Map([[0, { hasRecords: true }]]))
  expect(
    next(session, 3)
      .due()
      .map((each) => each.partition),
  ).toEqual([1])
})

test('when all slots are taken, a new client has no session until one has been idle for two minutes', () => {
  const first = open(wanted(0))
  open(wanted(0))
  expect(ask({ partitions: [wanted(0)] }, IDLE_MS)).toMatchObject({ sessionId: 0 })
  ask({ sessionId: first.sessionId, sessionEpoch: 1 }, IDLE_MS)
  expect(ask({ partitions: [wanted(0)] }, IDLE_MS + 1)).toMatchObject({ sessionId: 3 })
  expect(sessions.count).toBe(SLOTS)
  expect(ask({ sessionId: 2, sessionEpoch: 1 }, IDLE_MS + 1)).toBe(ErrorCode.FETCH_SESSION_ID_NOT_FOUND)
  expect(ask({ sessionId: first.sessionId, sessionEpoch: 2 }, IDLE_MS + 1)).not.toBeTypeOf('number')
})

test('a follower takes the slot of a client, of the smallest session first, and never that of another follower', () => {
  open(wanted(0), wanted(1))
  const small = open(wanted(0))
  expect(ask({ follower: broker(1), partitions: [wanted(0)] })).toMatchObject({ sessionId: 3 })
  expect(ask({ sessionId: small.sessionId, sessionEpoch: 1 })).toBe(ErrorCode.FETCH_SESSION_ID_NOT_FOUND)
  expect(ask({ follower: broker(2), partitions: [wanted(0)] })).toMatchObject({ sessionId: 4 })
  expect(ask({ follower: broker(3), partitions: [wanted(0), wanted(1)] })).toMatchObject({ sessionId: 0 })
})

test('a session in use that is older than two minutes gives way to a larger one, and to no other', () => {
  const [first, second] = [open(wanted(0)), open(wanted(0), wanted(1))]
  for (const { sessionId } of [first, second]) ask({ sessionId, sessionEpoch: 1 }, IDLE_MS)
  expect(ask({ partitions: [wanted(0), wanted(1)] }, IDLE_MS)).toMatchObject({ sessionId: 0 })
  expect(ask({ partitions: [wanted(0)] }, IDLE_MS + 1)).toMatchObject({ sessionId: 0 })
  expect(ask({ partitions: [wanted(0), wanted(1)] }, IDLE_MS + 1)).toMatchObject({ sessionId: 3 })
  expect(ask({ sessionId: first.sessionId, sessionEpoch: 2 }, IDLE_MS + 1)).toBe(
    ErrorCode.FETCH_SESSION_ID_NOT_FOUND,
  )
})

test('a client that asks for nothing takes no slot', () => {
  expect(ask({})).toMatchObject({ sessionId: 0 })
  expect(sessions.count).toBe(0)
})

/** The session of a follower, as it goes on after its first answer. */
function follow(...partitions: FetchPartition[]) {
  const opened = ask({ follower: broker(7), partitions })
  if (typeof opened === 'number') throw new Error(`refused: ${opened}`)
  let epoch = 0
  const fetch = (wish: Partial<FetchWish> = {}, nowMs = 0): FetchContext => {
    const known = { sessionId: opened.sessionId, sessionEpoch: ++epoch, follower: broker(7) }
    const found = ask({ ...known, ...wish }, nowMs)
    if (typeof found === 'number') throw new Error(`refused: ${found}`)
    return found
  }
  return { opened, fetch }
}

/** Lets a partition rest; says whether it still does, and tells of news in it. */
function rest(context: FetchContext, partition: number) {
  const source = new Watchers()
  const state = { rests: true, source }
  const found = context.due().find((each) => each.partition === partition) as FetchPartition
  context.followed?.listen(found, source)
  context.followed?.rest(found, () => {
    state.rests = false
  })
  return state
}

const indexesOf = (context: FetchContext) => context.due().map(({ partition }) => partition)

test('a partition that rests is not looked at until it tells of something', () => {
  const { fetch } = follow(wanted(0), wanted(1), wanted(2))
  const session = fetch()
  const resting = [rest(session, 0), rest(session, 1)]
  expect([indexesOf(session), resting.map(({ rests }) => rests)]).toEqual([[2], [true, true]])
  const heard: number[] = []
  const stop = session.followed?.await((sizeBytes) => heard.push(sizeBytes))
  resting[1]?.source.notify(10)
  expect([heard, indexesOf(session)]).toEqual([[10], [2, 1]])
  expect(resting.map(({ rests }) => rests)).toEqual([true, false])
  stop?.()
  resting[1]?.source.notify(10)
  expect(heard).toEqual([10])
})

test('with each fetch another one of those that rest is looked at', () => {
  const { fetch } = follow(wanted(0), wanted(1), wanted(2))
  let session = fetch()
  for (const partition of [0, 1, 2]) rest(session, partition)
  const looked: number[][] = []
  for (let round = 0; round < 3; round++) {
    session = fetch()
    looked.push(indexesOf(session))
    expect(session.due()).toEqual([session.rested])
    rest(session, session.rested?.partition as number)
  }
  expect(looked.flat().toSorted()).toEqual([0, 1, 2])
})

test('a partition that is named, and all when the broker has another registration, are looked at', () => {
  const { fetch } = follow(wanted(0), wanted(1), wanted(2), wanted(3))
  const session = fetch()
  for (const partition of [0, 1, 2, 3]) rest(session, partition)
  const named = fetch({ partitions: [wanted(3, 7)] })
  expect(named.due()).toEqual([expect.objectContaining({ partition: 3, fetchOffset: 7 }), named.rested])
  expect(indexesOf(fetch({ follower: broker(7, 2) })).toSorted()).toEqual([0, 1, 2, 3])
})

test('what rests was as it is until the last fetch', () => {
  const { fetch } = follow(wanted(0), wanted(1))
  const session = fetch({}, 1000)
  let endedAtMs = 0
  const [first] = session.due() as [FetchPartition]
  session.followed?.listen(first, new Watchers())
  session.followed?.rest(first, () => {
    endedAtMs = session.followed?.pulse.atMs as number
  })
  fetch({ partitions: [wanted(1)] }, 1500)
  expect(session.followed?.pulse.atMs).toBe(1500)
  fetch({ partitions: [wanted(0)] }, 2000)
  expect(endedAtMs).toBe(1500)
})

test('a session that is over listens to nothing, nor do those of the broker before it', () => {
  const { opened, fetch } = follow(wanted(0), wanted(1))
  const session = fetch()
  const states = [rest(session, 0), rest(session, 1)]
  fetch({ forgotten: [wanted(0)] })
  expect(states.map(({ source }) => source.count)).toEqual([0, 1])
  ask({ follower: broker(7, 0), partitions: [wanted(1)] })
  expect(states.map(({ source }) => source.count)).toEqual([0, 1])
  ask({ follower: broker(7, 2), partitions: [wanted(1)] })
  expect(states.map(({ rests, source }) => [rests, source.count])).toEqual([
    [false, 0],
    [false, 0],
  ])
  expect(ask({ sessionId: opened.sessionId, sessionEpoch: 3 })).toBe(ErrorCode.FETCH_SESSION_ID_NOT_FOUND)
})

test('a broker may have two sessions side by side, for different partitions', () => {
  const { opened, fetch } = follow(wanted(0), wanted(1))
  const state = rest(fetch(), 0)
  const beside = ask({ follower: broker(7), partitions: [wanted(2)] })
  expect(indexesOf(fetch())).toEqual([1])
  ask({ follower: broker(7), partitions: [wanted(1), wanted(3)] })
  expect([state.source.count, sessions.count]).toEqual([0, 2])
  expect(ask({ sessionId: opened.sessionId, sessionEpoch: 3 })).toBe(ErrorCode.FETCH_SESSION_ID_NOT_FOUND)
  const { sessionId } = beside as FetchContext
  expect(ask({ sessionId, sessionEpoch: 1, follower: broker(7) })).toMatchObject({ sessionId })
})

test('who still reads for a session that is over, or a partition that was given up, neither listens nor lets it rest', () => {
  const { fetch } = follow(wanted(0), wanted(1))
  const session = fetch()
  const [first, second] = session.due() as [FetchPartition, FetchPartition]
  const source = new Watchers()
  fetch({ forgotten: [wanted(0)] })
  ask({ follower: broker(7, 2), partitions: [wanted(1)] })
  for (const partition of [first, second]) session.followed?.listen(partition, source)
  expect(source.count).toBe(0)
  expect([first, second].map((partition) => session.followed?.isDue(partition))).toEqual([false, false])
  expect(() => session.followed?.rest(second, () => {})).toThrow('what comes to rest was looked at')
})
