/** The DynamoDB driver of the coordination store, in the suite that every driver passes, against Amazon's engine. */

import type { CoordinationStore } from '@freshet/coordination'
import { describeConformance } from '@freshet/coordination/conformance'
import { eraseNamespace, openDynamoStore } from '@freshet/coordination/dynamodb'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { suite } from '../support/requirements.ts'
import { type DynamodbLocal, startDynamodbLocal } from './dynamodb-local.ts'

const TABLE = 'freshet-state'
const RACERS = 16
const ROUNDS = 20

suite('coordination store on DynamoDB', ['dynamodb'], () => {
  let dynamodb: DynamodbLocal
  const opened: CoordinationStore[] = []
  let stores = 0

  beforeAll(async () => {
    dynamodb = await startDynamodbLocal()
    await dynamodb.createTable(TABLE)
  })
  afterEach(async () => {
    for (const store of opened.splice(0)) await store.close()
  })
  afterAll(() => dynamodb?.stop())

  const open = (namespace: string, now?: () => number): CoordinationStore => {
    const store = openDynamoStore({
      tableName: TABLE,
      namespace,
      client: dynamodb.client,
      ...(now && { now }),
    })
    opened.push(store)
    return store
  }

  describeConformance({
    name: 'dynamodb',
    open: (now) => open(`store-${++stores}`, now),
    reopen: (now) => open(`store-${stores}`, now),
  })

  test('erasing a namespace leaves nothing of it, and all of its neighbour', async () => {
    const LARGE = Buffer.alloc(100_000, 1)
    for (const namespace of ['erased', 'erased-not']) {
      const store = open(namespace)
      const fence = await store.leases.acquire('fence', 'holder', 60_000)
      for (let at = 0; at < 5; at++) await store.logs.append('metadata', at, [LARGE], fence!)
      await store.documents.put('document', { large: 'x'.repeat(100_000) })
    }
    const erase = () =>
      eraseNamespace({
        tableName: TABLE,
        namespace: 'erased',
        logs: ['metadata'],
        client: dynamodb.client,
      })
    await erase()
    await erase()
    const [gone, kept] = [open('erased'), open('erased-not')]
    expect(await gone.logs.bounds('metadata')).toEqual({ startIndex: 0, nextIndex: 0 })
    expect(await gone.logs.read('metadata', 0, 10)).toEqual([])
    expect(await gone.leases.read('fence')).toBeUndefined()
    expect(await gone.documents.list('')).toEqual([])
    expect(await kept.logs.bounds('metadata')).toEqual({ startIndex: 0, nextIndex: 5 })
    expect(await kept.documents.list('')).toHaveLength(1)
    expect(await kept.leases.read('fence')).toMatchObject({ holder: 'holder' })
  })

  describe('many processes on one table', () => {
    test('an election has one winner, and an index of the log one writer', async () => {
      const racers = Array.from({ length: RACERS }, () => open('race'))
      const fence = await racers[0]!.leases.acquire('fence', 'holder', 60_000)
      for (let round = 0; round < ROUNDS; round++) {
        const elected = await Promise.all(
          racers.map((store, id) => store.leases.acquire(`election-${round}`, `p-${id}`, 60_000)),
        )
        expect(elected.filter((lease) => lease !== undefined)).toHaveLength(1)
        const appends = await Promise.allSettled(
          racers.map((store, id) => store.logs.append('log', round, [Buffer.from(`p-${id}`)], fence!)),
        )
        const winners = appends.flatMap(({ status }, id) => (status === 'fulfilled' ? [`p-${id}`] : []))
        expect(winners).toHaveLength(1)
        const [entry] = await racers[0]!.logs.read('log', round, 1)
        expect(Buffer.from(entry!.payload).toString()).toBe(winners[0])
        for (const outcome of appends) {
          if (outcome.status === 'rejected') expect(outcome.reason).toMatchObject({ code: 'LOG_CONFLICT' })
        }
      }
    })

    test('a document counts every conditional write once', async () => {
      const racers = Array.from({ length: RACERS }, () => open('documents'))
      await Promise.all(racers.map((store) => store.documents.put('counter', {})))
      expect((await racers[0]!.documents.get('counter'))?.version).toBe(RACERS)
    })
  })

  test('a lease is judged by the observer’s clock: it must be seen unchanged for its whole ttl', async () => {
    let nowMs = 5_000_000
    const holder = open('clocks', () => 1_000)
    const contender = open('clocks', () => nowMs)
    const lease = await holder.leases.acquire('controller', 'b-1', 1_000)
    // The contender's clock is far ahead, and it has only just begun to look.
    expect(await contender.leases.acquire('controller', 'b-2', 1_000)).toBeUndefined()
    nowMs += 999
    expect(await contender.leases.acquire('controller', 'b-2', 1_000)).toBeUndefined()
    await holder.leases.renew(lease!, 1_000)
    nowMs += 500
    expect(await contender.leases.acquire('controller', 'b-2', 1_000)).toBeUndefined()
    nowMs += 1_000
    expect(await contender.leases.acquire('controller', 'b-2', 1_000)).toMatchObject({ token: 2 })
    expect(await holder.leases.renew(lease!, 1_000)).toBeUndefined()
  })

  test('an append too large for one transaction happens whole, and its bodies go with it', async () => {
    const store = open('large')
    const fence = (await store.leases.acquire('controller', 'b-1', 60_000))!
    const payloads = Array.from({ length: 40 }, (_, index) => new Uint8Array(250_000).fill(index))
    expect(await store.logs.append('log', 0, payloads, fence)).toBe(40)
    expect(await store.logs.append('log', 40, [Buffer.from('small')], fence)).toBe(41)
    const entries = await store.logs.read('log', 7, 34)
    expect(entries.map(({ index }) => index)).toEqual(Array.from({ length: 34 }, (_, at) => at + 7))
    expect(entries[0]!.payload).toEqual(payloads[7])
    await store.logs.truncateBefore('log', 40, fence)
    expect((await store.logs.read('log', 40, 10)).length).toBe(1)
    await expect(store.logs.read('log', 39, 1)).rejects.toMatchObject({ code: 'LOG_TRUNCATED' })
  })

  test('a table that is not there is UNAVAILABLE', async () => {
    const store = openDynamoStore({ tableName: 'no-such-table', namespace: 'a', client: dynamodb.client })
    opened.push(store)
    await expect(store.documents.get('a')).rejects.toMatchObject({ code: 'UNAVAILABLE' })
  })
})
