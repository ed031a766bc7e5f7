import { afterEach, expect, test } from 'vitest'
import { nodeNetwork } from './node-network.ts'
import type { Listener, Socket } from './types.ts'

let listener: Listener

afterEach(() => listener.close())

interface Received {
  sizeBytes: number
  inOrder: boolean
  socket: Socket
}

async function listen(onChunk: (received: Received) => void): Promise<Received[]> {
  const all: Received[] = []
  listener = await nodeNetwork.listen({ host: '127.0.0.1', port: 0 }, (socket) => {
    const received: Received = { sizeBytes: 0, inOrder: true, socket }
    all.push(received)
    socket.onData = (chunk) => {
      for (let at = 0; at < chunk.length; at++) {
        if (chunk[at] !== (received.sizeBytes + at) % 251) received.inOrder = false
      }
      received.sizeBytes += chunk.length
      onChunk(received)
    }
  })
  return all
}

const SENT_BYTES = 1 << 20

/** Every byte tells where it is. */
const bytes = Buffer.alloc(SENT_BYTES)
for (let at = 0; at < SENT_BYTES; at++) bytes[at] = at % 251

function send(): void {
  const socket = nodeNetwork.connect(listener.address)
  socket.onConnect = () => socket.write([bytes])
}

function spin(ms: number): void {
  const endMs = performance.now() + ms
  while (performance.now() < endMs);
}

test('what has to wait for a later turn arrives in order, and nothing is lost', async () => {
  const all = await listen(() => spin(4))
  for (let count = 0; count < 8; count++) send()
  await expect.poll(() => all.map(({ sizeBytes }) => sizeBytes)).toEqual(Array(8).fill(SENT_BYTES))
  expect(all.every(({ inOrder }) => inOrder)).toBe(true)
})

test('a socket that is paused while its input waits stays paused', async () => {
  const all = await listen((received) => {
    spin(4)
    received.socket.pause()
  })
  for (let count = 0; count < 8; count++) send()
  await expect.poll(() => all.filter(({ sizeBytes }) => sizeBytes > 0)).toHaveLength(8)
  await new Promise((resolve) => setTimeout(resolve, 50))
  for (const { sizeBytes } of all) expect(sizeBytes).toBeLessThanOrEqual(256 << 10)
})

test('there is room for more when the system has taken all, and else again once it has', async () => {
  const all = await listen(() => {})
  const socket = nodeNetwork.connect(listener.address)
  await new Promise<void>((resolve) => {
    socket.onConnect = resolve
  })
  await expect.poll(() => all).toHaveLength(1)
  all[0]?.socket.pause()
  expect(socket.write([bytes.subarray(0, 100_000)])).toBe(true)
  const drained = new Promise<void>((resolve) => {
    socket.onDrain = resolve
  })
  expect(socket.write(Array(32).fill(bytes))).toBe(false)
  all[0]?.socket.resume()
  await drained
  expect(socket.write([bytes.subarray(0, 1)])).toBe(true)
})
