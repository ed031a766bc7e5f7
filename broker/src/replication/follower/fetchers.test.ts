/** Which replicas are fetched together, and how fast those are copied that nobody misses yet. */
import { beforeEach, expect, test } from 'vitest'
import type { FetchResponse } from '../../apis/01-fetch.ts'
import { MemoryClock } from '../../runtime/memory-clock.ts'
import { TestLog, TOPIC_ID } from '../../storage/testing/harness.ts'
import { encodeBatch } from '../../wire/index.ts'
import { Partition } from '../partition/partition.ts'
import { fetcherParts, QUIET_IMAGE, quietSurroundings } from '../testing/harness.ts'
import { Fetchers } from './fetchers.ts'
import type { FetchDraft, LeaderConnection } from './leader-connection.ts'

const OWN_ID = 1
const LEADER_ID = 2
/** Of the settings of `fetcherParts`. */
const RESPONSE_BYTES_MAX = 10 << 20
const RECORD_BYTES = 500_000
const RECORDS = 100
/** What a copy of 64 MiB/s takes for them: the most that there is. */
const PACED_MS = (RECORD_BYTES * RECORDS * 1000) / (64 << 20)

interface Link {
  readonly asked: FetchDraft[]
  isClosed: boolean
}

let clock: MemoryClock
let partition: Partition
let fetchers: Fetchers
let links: Link[]
/** Records of the leader now; it gets `gained` more with each fetch. */
let leaderEnd: number
let gained: number
/** So long each of its answers takes. */
let answerMs: () => number

beforeEach(() => {
  clock = new MemoryClock()
  links = []
  leaderEnd = RECORDS
  gained = 0
  answerMs = () => 1
  partition = new Partition(new TestLog().log, TOPIC_ID, quietSurroundings(OWN_ID, clock))
  fetchers = new Fetchers(fetcherParts(clock, OWN_ID, connect))
})

test('a replica in sync is fetched with as much as there is', async () => {
  follow({ isr: [LEADER_ID, OWN_ID], addingReplicas: [] })
  await clock.advance(1)
  expect(links.map(({ asked }) => asked[0]?.maxBytes)).toEqual([RESPONSE_BYTES_MAX])
})

test('a replica that is behind has a connection of its own, and smaller pieces, until it has caught up', async () => {
  follow({ isr: [LEADER_ID], addingReplicas: [] })
  await copied()
  await clock.advance(10)
  const [behind, inSync] = links
  expect(links.length).toBe(2)
  expect(new Set(behind?.asked.map(({ maxBytes }) => maxBytes))).toEqual(new Set([1 << 20]))
  expect(new Set(behind?.asked.map(pieceOf))).toEqual(new Set([512 << 10]))
  expect(behind?.isClosed).toBe(true)
  expect([inSync?.asked[0]?.maxBytes, fetchOffset(inSync?.asked[0])]).toEqual([RESPONSE_BYTES_MAX, RECORDS])
})

test('a replica that was lost is copied as fast as it can be', async () => {
  follow({ isr: [LEADER_ID], addingReplicas: [] })
  expect(await copied()).toBeLessThan(PACED_MS / 2)
})

test('a replica that is being added is copied at a bounded pace', async () => {
  follow({ isr: [LEADER_ID], addingReplicas: [OWN_ID] })
  const tookMs = await copied()
  expect(tookMs).toBeGreaterThan(PACED_MS)
  expect(tookMs).toBeLessThan(PACED_MS * 2.5)
})

test('that pace falls while answers come late, however long, and the replica is copied nevertheless', async () => {
  let answers = 0
  answerMs = () => (answers++ < 3 ? 1 : 30)
  follow({ isr: [LEADER_ID], addingReplicas: [OWN_ID] })
  const tookMs = await copied()
  expect(tookMs).toBeGreaterThan(PACED_MS * 3)
  expect(tookMs).toBeLessThan(PACED_MS * 8)
})

test('a replica that would fall further behind at that pace is copied faster', async () => {
  gained = 1
  follow({ isr: [LEADER_ID], addingReplicas: [OWN_ID] })
  expect(await copied()).toBeLessThan(PACED_MS / 2)
})

function follow(replicas: { readonly isr: readonly number[]; readonly addingReplicas: readonly number[] }) {
  partition.assign({
    ...QUIET_IMAGE,
    partitionId: partition.index,
    replicas: [LEADER_ID, OWN_ID],
    leader: LEADER_ID,
    ...replicas,
  })
  fetchers.follow(partition)
}

/** Until it has all records: how long that took. */
async function copied(): Promise<number> {
  for (let elapsedMs = 0; elapsedMs < 20 * PACED_MS; elapsedMs++) {
    if (partition.log.logEndOffset >= RECORDS) return elapsedMs
    await clock.advance(1)
  }
  throw new Error(`it has ${partition.log.logEndOffset} records only`)
}

/** A leader that answers with one record each time, and not at all while there is none. */
function connect(): LeaderConnection {
  const link: Link = { asked: [], isClosed: false }
  links.push(link)
  return {
    async fetch(request) {
      link.asked.push(request)
      const offset = fetchOffset(request) ?? 0
      if (offset >= leaderEnd) return new Promise(() => {})
      leaderEnd += gained
      await new Promise<void>((resolve) => clock.after(answerMs(), resolve))
      return responseWith(offset)
    },
    taken: () => {},
    listOffsets: () => Promise.reject(new Error('nobody asks for offsets here')),
    close: () => {
      link.isClosed = true
    },
  }
}

function fetchOffset(request: FetchDraft | undefined): number | undefined {
  const offset = request?.topics[0]?.partitions[0]?.fetchOffset
  return offset === undefined ? undefined : Number(offset)
}

function pieceOf({ topics }: FetchDraft): number | undefined {
  return topics[0]?.partitions[0]?.partitionMaxBytes
}

function responseWith(offset: number): FetchResponse {
  const records = encodeBatch({ records: [{ timestamp: 0, key: null, value: Buffer.alloc(RECORD_BYTES) }] })
  records.writeBigInt64BE(BigInt(offset))
  const data = {
    partitionIndex: partition.index,
    errorCode: 0,
    highWatermark: leaderEnd,
    lastStableOffset: leaderEnd,
    logStartOffset: 0,
    divergingEpoch: { epoch: -1, endOffset: -1 },
    currentLeader: { leaderId: -1, leaderEpoch: -1 },
    snapshotId: { epoch: -1, endOffset: -1 },
    abortedTransactions: null,
    preferredReadReplica: -1,
    records,
  }
  const responses = [{ topic: partition.topic, topicId: TOPIC_ID, partitions: [data] }]
  return { throttleTimeMs: 0, errorCode: 0, sessionId: 7, nodeEndpoints: [], responses }
}
