import { beforeEach, expect, test } from 'vitest'
import { MemoryClock, ProcessTimers } from './memory-clock.ts'
import { MemoryNetwork } from './memory-network.ts'
import { seededRandom } from './seeded-random.ts'
import type { Socket } from './types.ts'

let clock: MemoryClock
let network: MemoryNetwork
let accepted: Socket[]

beforeEach(() => {
  clock = new MemoryClock()
  network = new MemoryNetwork(clock, seededRandom(1))
  accepted = []
})

async function connect(): Promise<[Socket, Socket]> {
  const server = network.start('server')
  await server.listen({ host: 'server', port: 1 }, (socket) => accepted.push(socket))
  const client = network.start('client').connect({ host: 'server', port: 1 })
  await clock.advance(10)
  return [client, accepted[0] as Socket]
}

function collect(socket: Socket): string[] {
  const heard: string[] = []
  socket.onData = (chunk) => heard.push(chunk.toString())
  socket.onClose = (error) => heard.push(error === undefined ? 'closed' : error.message)
  return heard
}

test('tasks run when their time comes, in the order of time and then of asking', async () => {
  const ran: string[] = []
  clock.after(20, () => ran.push('b'))
  clock.after(10, () => ran.push('a1'))
  clock.after(10, () => ran.push('a2'))
  clock.after(10, () => ran.push('never')).cancel()
  await clock.advance(9)
  expect(ran).toEqual([])
  await clock.advance(1)
  expect(ran).toEqual(['a1', 'a2'])
  await clock.advance(100)
  expect([ran.at(-1), clock.monotonic()]).toEqual(['b', 110])
})

test('the end of a turn comes behind all that is due with it and the promises of that', async () => {
  const ran: string[] = []
  clock.after(5, () => {
    clock.endOfTurn(() => ran.push('end'))
    Promise.resolve()
      .then(() => undefined)
      .then(() => ran.push('promise'))
  })
  clock.after(5, () => ran.push('second'))
  clock.after(6, () => ran.push('later'))
  await clock.advance(6)
  expect(ran).toEqual(['promise', 'second', 'end', 'later'])
})

test('the timers of a killed process do nothing', async () => {
  const ran: string[] = []
  const timers = new ProcessTimers(clock)
  timers.after(5, () => ran.push('timer'))
  timers.endOfTurn(() => ran.push('end'))
  timers.kill()
  await clock.advance(10)
  expect(ran).toEqual([])
})

test('bytes arrive in order, however they are cut', async () => {
  Object.assign(network.conditions, { chunkBytesMax: 3, windowBytes: 10 })
  const [client, server] = await connect()
  const heard = collect(server)
  client.write([Buffer.from('hello '), Buffer.from('wide '), Buffer.from('world')])
  await clock.advance(100)
  expect(heard.join('')).toBe('hello wide world')
  expect(heard.length).toBeGreaterThan(5)
})

test('a sender that is too fast is told so, and again when there is room', async () => {
  network.conditions.windowBytes = 10
  const [client, server] = await connect()
  server.pause()
  const heard = collect(server)
  let drained = 0
  client.onDrain = () => drained++
  const bytes = Buffer.from('0123456789abcdef')
  let isTaken = false
  expect(
    client.write([bytes], () => {
      isTaken = true
    }),
  ).toBe(false)
  await clock.advance(100)
  expect([heard, drained, isTaken]).toEqual([[], 0, false])
  server.resume()
  await clock.advance(100)
  expect([heard.join(''), drained, isTaken]).toEqual(['0123456789abcdef', 1, true])
})

test('a buffer that is changed before the system took it changes what is sent', async () => {
  const [client, server] = await connect()
  const heard = collect(server)
  const bytes = Buffer.from('right')
  client.write([bytes])
  bytes.fill('x')
  await clock.advance(10)
  expect(heard).toEqual(['xxxxx'])
})

test('a close comes behind the bytes that were sent before it', async () => {
  const [client, server] = await connect()
  const heard = collect(server)
  client.write([Buffer.from('last words')])
  client.end()
  await clock.advance(10)
  expect(heard).toEqual(['last words', 'closed'])
})

test('a killed process resets its connections, hears nothing, and frees its port', async () => {
  const server = network.start('server')
  await server.listen({ host: 'server', port: 1 }, (socket) => accepted.push(socket))
  const client = network.start('client').connect({ host: 'server', port: 1 })
  await clock.advance(10)
  const [heard, dead] = [collect(client), collect(accepted[0] as Socket)]
  server.kill()
  await clock.advance(10)
  expect([heard, dead]).toEqual([['read ECONNRESET'], []])
  await network.start('server').listen({ host: 'server', port: 1 }, () => {})
})

test('a port that is taken or that nobody listens to is an error', async () => {
  const server = network.start('server')
  await server.listen({ host: 'server', port: 1 }, () => {})
  await expect(server.listen({ host: 'server', port: 1 }, () => {})).rejects.toMatchObject({
    code: 'EADDRINUSE',
  })
  const heard = collect(network.start('client').connect({ host: 'server', port: 2 }))
  await clock.advance(10)
  expect(heard).toEqual(['connect ECONNREFUSED'])
})

test('an isolated host hears nobody but those that it may, nor those that come later', async () => {
  const [client, server] = await connect()
  const heard = collect(server)
  let mayHear = true
  const heal = network.isolate('server', (other) => mayHear && other === 'client')
  const later = network.start('later').connect({ host: 'server', port: 1 })
  const refused = collect(later)
  client.write([Buffer.from('a')])
  await clock.advance(1000)
  expect([heard, refused]).toEqual([['a'], []])
  mayHear = false
  client.write([Buffer.from('b')])
  await clock.advance(1000)
  expect(heard).toEqual(['a'])
  heal()
  await clock.advance(10)
  expect(heard.join('')).toBe('ab')
})

test('between blocked hosts everything waits until the block ends', async () => {
  const [client, server] = await connect()
  const heard = collect(server)
  const heal = network.block('client', 'server')
  client.write([Buffer.from('a')])
  client.write([Buffer.from('b')])
  await clock.advance(1000)
  expect(heard).toEqual([])
  heal()
  await clock.advance(10)
  expect(heard.join('')).toBe('ab')
})
