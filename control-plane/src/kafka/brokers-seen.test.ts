import { createServer, type Server } from 'node:net'
import { expect, it, onTestFinished } from 'vitest'
import { brokersSeenAt } from './brokers-seen.ts'

/** Correlation id 1; brokers 1 (rack "a") and 7 (no rack); controller 1; no topics. */
const ANSWER = Buffer.from(
  `00000035 00000001 00000002
   00000001 0009 3132372e302e302e31 00002384 0001 61
   00000007 0001 68 00002385 ffff
   00000001 00000000`.replaceAll(/\s/g, ''),
  'hex',
)
ANSWER.writeInt32BE(ANSWER.length - 4)

it('reads the broker ids out of an answer that comes in pieces', async () => {
  const requests: Buffer[] = []
  const port = await serve((request, write) => {
    requests.push(request)
    write(ANSWER.subarray(0, 3))
    setTimeout(() => write(ANSWER.subarray(3)), 2)
  })
  expect(await brokersSeenAt('127.0.0.1', port)).toEqual([1, 7])
  const [request] = requests
  expect(request!.readInt32BE(0)).toBe(request!.length - 4)
  expect(request!.subarray(4, 12).toString('hex')).toBe('0003000100000001')
  expect(request!.subarray(-4)).toEqual(Buffer.alloc(4))
})

it.each([
  ['a huge size', Buffer.from('7fffffff', 'hex'), 'bytes'],
  ['a negative size', Buffer.from('ffffffff', 'hex'), 'bytes'],
  ['a truncated list', Buffer.from('0000000800000001000000ff', 'hex'), 'malformed'],
  ['another correlation id', Buffer.from('000000080000000200000000', 'hex'), 'malformed'],
])('rejects %s', async (_what, answer, message) => {
  const port = await serve((_request, write) => write(answer))
  await expect(brokersSeenAt('127.0.0.1', port)).rejects.toThrow(message)
})

it('rejects when nobody listens, nobody answers, or the connection closes', async () => {
  const silent = await serve(() => undefined)
  await expect(brokersSeenAt('127.0.0.1', silent, 20)).rejects.toThrow('no answer within 20 ms')
  const closing = await serve((_request, _write, close) => close())
  await expect(brokersSeenAt('127.0.0.1', closing)).rejects.toThrow('closed')
  await expect(brokersSeenAt('127.0.0.1', 1)).rejects.toThrow('ECONNREFUSED')
})

type Behaviour = (request: Buffer, write: (bytes: Buffer) => void, close: () => void) => void

async function serve(behave: Behaviour): Promise<number> {
  const server: Server = createServer((socket) => {
    socket.on('error', () => socket.destroy())
    socket.on('data', (request) =>
      behave(
        request,
        (bytes) => socket.write(bytes),
        () => socket.end(),
      ),
    )
  })
  onTestFinished(() => void server.close())
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (typeof address !== 'object' || !address) throw new Error('no address')
  return address.port
}
