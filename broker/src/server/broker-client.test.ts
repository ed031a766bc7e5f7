import { beforeEach, expect, test } from 'vitest'
import { ApiVersionsApi } from '../apis/18-api-versions.ts'
import { memoryCodecs } from '../runtime/codecs/memory-codecs.ts'
import { MemoryClock } from '../runtime/memory-clock.ts'
import { MemoryDisk } from '../runtime/memory-disk.ts'
import { MemoryNetwork } from '../runtime/memory-network.ts'
import { seededRandom } from '../runtime/seeded-random.ts'
import type { Socket } from '../runtime/types.ts'
import { encodeResponseFrame } from '../wire/index.ts'
import { BrokerClient, BrokerUnreachableError } from './broker-client.ts'
import { FramePool } from './frame-pool.ts'
import { FrameReader } from './frame-reader.ts'

const TIMEOUT_MS = 1000
const BODY = { clientSoftwareName: 'test', clientSoftwareVersion: '1' }

let clock: MemoryClock
let network: MemoryNetwork
let client: BrokerClient
let pool: FramePool
/** Connections that the server got, and the correlation ids of the requests on each. */
let connections: { socket: Socket; ids: number[] }[]

beforeEach(async () => {
  clock = new MemoryClock()
  const random = seededRandom(1)
  network = new MemoryNetwork(clock, random)
  connections = []
  await network.start('server').listen({ host: 'server', port: 1 }, (socket) => {
    const ids: number[] = []
    connections.push({ socket, ids })
    const reader = new FrameReader(undefined, 1000, ({ bytes }) => {
      ids.push(bytes.readInt32BE(4))
      return true
    })
    socket.onData = (chunk) => void reader.push(chunk)
  })
  const runtime = {
    clock,
    timers: clock,
    random,
    disk: new MemoryDisk(),
    network: network.start('client'),
    codecs: memoryCodecs,
  }
  pool = new FramePool(1 << 20)
  client = new BrokerClient(runtime, { host: 'server', port: 1 }, 'broker-1', pool)
})

function ask(): Promise<number> {
  return client.request(ApiVersionsApi, BODY, TIMEOUT_MS).then((answer) => answer.throttleTimeMs)
}

function answer(connection: number, id: number, throttleTimeMs: number): void {
  const body = { errorCode: 0, apiKeys: [], throttleTimeMs }
  connections[connection]?.socket.write(encodeResponseFrame(ApiVersionsApi, 4, id, body))
}

test('answers find their requests in any order, over one connection', async () => {
  const [first, second] = [ask(), ask()]
  await clock.advance(10)
  expect(connections.map(({ ids }) => ids)).toEqual([[1, 2]])
  answer(0, 2, 22)
  answer(0, 1, 11)
  expect(await clock.settle(Promise.all([first, second]), 100)).toEqual([11, 22])
})

test('the memory of a large answer is used again once it is released', async () => {
  const asked = client.borrow(ApiVersionsApi, BODY, TIMEOUT_MS)
  await clock.advance(10)
  const apiKeys = Array.from({ length: 1000 }, (_, apiKey) => ({ apiKey, minVersion: 0, maxVersion: 1 }))
  const body = { errorCode: 0, apiKeys, throttleTimeMs: 0 }
  connections[0]?.socket.write(encodeResponseFrame(ApiVersionsApi, 4, 1, body))
  const { body: answered, release } = await clock.settle(asked, 100)
  expect(answered.apiKeys).toHaveLength(1000)
  expect(pool.idleBytes).toBe(0)
  release()
  expect(pool.idleBytes).toBeGreaterThan(4096)
})

test('a connection that breaks fails what waits on it, and the next request takes a new one', async () => {
  const lost = expect(ask()).rejects.toBeInstanceOf(BrokerUnreachableError)
  await clock.advance(10)
  network.reset('client', 'server')
  await clock.advance(10)
  await lost
  const next = ask()
  await clock.advance(10)
  answer(1, 2, 7)
  expect(await clock.settle(next, 100)).toBe(7)
})

test('a connection that went silent is given up with the first request that times out', async () => {
  const heal = network.block('client', 'server')
  const silent = expect(ask()).rejects.toBeInstanceOf(BrokerUnreachableError)
  await clock.advance(TIMEOUT_MS)
  await silent
  heal()
  const next = ask()
  await clock.advance(10)
  const last = connections.length - 1
  expect(connections[last]?.ids).toEqual([2])
  answer(last, 2, 7)
  expect(await clock.settle(next, 100)).toBe(7)
})

test('nobody listens: the request fails at once', async () => {
  const runtime = {
    clock,
    timers: clock,
    random: seededRandom(1),
    disk: new MemoryDisk(),
    network: network.start('other'),
    codecs: memoryCodecs,
  }
  const lonely = new BrokerClient(runtime, { host: 'server', port: 2 }, 'broker-1')
  const refused = expect(lonely.request(ApiVersionsApi, BODY, TIMEOUT_MS)).rejects.toThrow('was closed')
  await clock.advance(10)
  await refused
})

test('bytes that are no answer fail what waits', async () => {
  const lost = expect(ask()).rejects.toBeInstanceOf(BrokerUnreachableError)
  await clock.advance(10)
  connections[0]?.socket.write([Buffer.from('ffffffff', 'hex')])
  await clock.advance(10)
  await lost
})

test('close fails what waits', async () => {
  const lost = expect(ask()).rejects.toBeInstanceOf(BrokerUnreachableError)
  await clock.advance(10)
  client.close()
  await lost
})
