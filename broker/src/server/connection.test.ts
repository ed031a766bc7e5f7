import { beforeEach, expect, test } from 'vitest'
import { MemoryClock } from '../runtime/memory-clock.ts'
import type { Socket } from '../runtime/types.ts'
import { type Answer, Connection, type Handled, type RequestPort } from './connection.ts'
import { FramePool } from './frame-pool.ts'

const PIPELINED_MAX = 4

class FakeSocket implements Socket {
  readonly remoteAddress = 'somewhere'
  readonly remotePort = 49152
  onData: (chunk: Buffer) => void = () => {}
  onClose: (error: Error | undefined) => void = () => {}
  onDrain: () => void = () => {}
  onConnect: () => void = () => {}
  readonly written: string[] = []
  readonly taken: (() => void)[] = []
  accepts = true
  isPaused = false
  isDestroyed = false

  write(buffers: readonly Uint8Array[], done?: () => void): boolean {
    this.written.push(Buffer.concat(buffers).toString())
    if (done !== undefined) this.taken.push(done)
    return this.accepts
  }

  pause(): void {
    this.isPaused = true
  }

  resume(): void {
    this.isPaused = false
  }

  end(): void {}

  destroy(): void {
    this.isDestroyed = true
  }
}

/** Answers a frame "=x" at once with x; "p..." is pipelined, anything else mutes; "!" throws. */
class FakePort implements RequestPort {
  readonly handled: string[] = []
  readonly answers = new Map<string, (answer: Answer) => void>()
  readonly failures = new Map<string, (error: Error) => void>()

  handle(frame: Buffer): Handled {
    const text = frame.toString().slice(2)
    this.handled.push(text)
    if (text === '!') throw new Error('refused')
    if (text.startsWith('=')) return { answer: { parts: [Buffer.from(text.slice(1))] } }
    const pending = new Promise<Answer>((resolve, reject) => {
      this.answers.set(text, resolve)
      this.failures.set(text, reject)
    })
    return { pending, pipelined: text.startsWith('p') }
  }

  async answer(text: string, sent?: () => void): Promise<void> {
    this.answers.get(text)?.({ parts: [Buffer.from(text)], sent })
    await turn()
  }
}

let socket: FakeSocket
let port: FakePort
let pool: FramePool
let connection: Connection
let clock: MemoryClock
let closedWith: (Error | undefined)[]

beforeEach(() => {
  socket = new FakeSocket()
  port = new FakePort()
  pool = new FramePool(1 << 20)
  closedWith = []
  clock = new MemoryClock()
  const limits = { requestBytesMax: 1_000_000, pipelinedRequestsMax: PIPELINED_MAX }
  connection = new Connection(socket, 'PLAINTEXT', port, pool, limits, { clock, timers: clock })
  connection.onClosed = (error) => closedWith.push(error)
})

function turn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve)
  })
}

/** Api key 0 or 1, then the text. */
function frameOf(text: string, apiKey = 1): Buffer {
  const body = Buffer.concat([Buffer.from([0, apiKey]), Buffer.from(text)])
  const size = Buffer.alloc(4)
  size.writeInt32BE(body.length, 0)
  return Buffer.concat([size, body])
}

async function receive(...texts: string[]): Promise<void> {
  socket.onData(Buffer.concat(texts.map((text) => frameOf(text))))
  await turn()
}

test('answers leave in the order of their requests, however they come about', async () => {
  await receive('p1', 'p2', '=3')
  expect(socket.written).toEqual([])
  await port.answer('p2')
  expect(socket.written).toEqual([])
  await port.answer('p1')
  expect(socket.written).toEqual(['p1p23'])
})

test('a request that must be answered first keeps the next ones back', async () => {
  await receive('p1', 'fetch', '=later')
  expect(port.handled).toEqual(['p1', 'fetch'])
  expect(socket.isPaused).toBe(true)
  await port.answer('p1')
  expect([socket.written, port.handled.length]).toEqual([['p1'], 2])
  await port.answer('fetch')
  expect(socket.written.join(' ')).toBe('p1 fetchlater')
  expect(socket.isPaused).toBe(false)
})

test('what arrives although the socket is paused waits its turn', async () => {
  await receive('fetch')
  socket.onData(frameOf('=a').subarray(0, 3))
  socket.onData(Buffer.concat([frameOf('=a').subarray(3), frameOf('=b')]))
  await turn()
  expect(port.handled).toEqual(['fetch'])
  await port.answer('fetch')
  expect(socket.written.join('')).toBe('fetchab')
})

test('no more than so many pipelined requests wait at a time', async () => {
  await receive('p1', 'p2', 'p3', 'p4', 'p5', 'p6')
  expect([port.handled.length, socket.isPaused]).toEqual([PIPELINED_MAX, true])
  await port.answer('p3')
  await port.answer('p2')
  expect([port.handled.length, connection.pendingRequests]).toEqual([PIPELINED_MAX, PIPELINED_MAX])
  await port.answer('p1')
  expect([port.handled.length, connection.pendingRequests]).toEqual([6, 3])
  expect(socket.isPaused).toBe(false)
})

test('while the client does not read its answers, its requests are not taken', async () => {
  socket.accepts = false
  await receive('=1')
  expect(socket.isPaused).toBe(true)
  await receive('=2')
  expect(port.handled).toEqual(['=1'])
  socket.accepts = true
  socket.onDrain()
  await turn()
  expect([socket.written, socket.isPaused]).toEqual([['1', '2'], false])
})

test('a socket that is both blocked and muted goes on only when it is neither', async () => {
  socket.accepts = false
  await receive('=1')
  socket.accepts = true
  socket.onDrain()
  await receive('fetch', '=2')
  socket.onDrain()
  await turn()
  expect([socket.isPaused, port.handled]).toEqual([true, ['=1', 'fetch']])
  await port.answer('fetch')
  expect([socket.isPaused, socket.written]).toEqual([false, ['1', 'fetch2']])
})

test('a request that throws or fails closes the connection, once', async () => {
  await receive('p1', '!')
  expect([socket.isDestroyed, closedWith.map((error) => error?.message)]).toEqual([true, ['refused']])
  port.failures.get('p1')?.(new Error('late'))
  socket.onClose(undefined)
  await turn()
  expect(closedWith).toHaveLength(1)
})

test('a malformed size closes the connection', async () => {
  socket.onData(Buffer.from('ffffffff', 'hex'))
  await turn()
  expect([socket.isDestroyed, closedWith.length]).toEqual([true, 1])
})

test('an answer that comes after the close sends nothing, but gives its buffers back', async () => {
  await receive('fetch')
  socket.onClose(undefined)
  let isReleased = false
  await port.answer('fetch', () => {
    isReleased = true
  })
  expect([isReleased, socket.written]).toEqual([true, []])
})

test('an answer that waits behind another when the connection closes gives its buffers back', async () => {
  await receive('p1', 'p2')
  let released = 0
  await port.answer('p2', () => released++)
  connection.close()
  await turn()
  expect([released, socket.written]).toEqual([1, []])
})

test('buffers behind an answer are given back when the socket took them, not before', async () => {
  let released = 0
  await receive('p1')
  await port.answer('p1', () => released++)
  expect(released).toBe(0)
  for (const done of socket.taken) done()
  expect(released).toBe(1)
})

test('a pooled frame is reused after its answer, and never while its request is unanswered', async () => {
  const large = 'p'.padEnd(20_000, 'x')
  socket.onData(frameOf(large, 0))
  await turn()
  expect(pool.idleBytes).toBe(0)
  await port.answer(large)
  const idleBytes = pool.idleBytes
  expect(idleBytes).toBeGreaterThanOrEqual(20_000)
  socket.onData(frameOf(large, 0))
  await turn()
  connection.close()
  await port.answer(large)
  expect(pool.idleBytes).toBe(0)
})

test('tasks for the close run once, the newest of each name', async () => {
  const ran: string[] = []
  connection.onceClosed('a', () => ran.push('old'))
  connection.onceClosed('a', () => ran.push('new'))
  connection.onceClosed('b', () => ran.push('other'))
  connection.close()
  socket.onClose(undefined)
  expect(ran).toEqual(['new', 'other'])
  connection.onceClosed('c', () => ran.push('late'))
  expect(ran).toEqual(['new', 'other', 'late'])
})

test('nothing is taken any more once it is closed', async () => {
  connection.close()
  await receive('=1')
  expect([port.handled, socket.written]).toEqual([[], []])
})

test('a throttled client gets its answer at once, and its next request is taken when the time is over', async () => {
  socket.onData(frameOf('slow'))
  port.answers.get('slow')?.({ parts: [Buffer.from('slow')], throttleMs: 500 })
  await turn()
  expect(socket.written).toEqual(['slow'])
  expect(socket.isPaused).toBe(true)
  socket.onData(frameOf('=next'))
  await clock.advance(499)
  expect(port.handled).toEqual(['slow'])
  await clock.advance(1)
  expect(port.handled).toEqual(['slow', '=next'])
  expect(socket.isPaused).toBe(false)
})
