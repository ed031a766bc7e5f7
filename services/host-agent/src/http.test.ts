import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { inAnyOrder, postJson } from './http.ts'

const addresses = [
  { address: '10.0.0.7', family: 4 },
  { address: '10.0.1.7', family: 4 },
]

test('begins with any address of a name that stands for several', async () => {
  const lookup = inAnyOrder((_hostname, _options, callback) => callback(null, addresses))
  const found = (all: boolean) =>
    new Promise((resolve) => {
      lookup('control-plane.freshet.internal', { all }, (_error, ...answer) => resolve(answer))
    })
  const seen = { all: new Set<string>(), one: new Set<string>() }
  for (let times = 0; times < 200; times++) {
    seen.all.add(JSON.stringify(await found(true)))
    seen.one.add(JSON.stringify(await found(false)))
  }
  const orders = [[addresses], [[...addresses].reverse()]].map((answer) => JSON.stringify(answer))
  expect([...seen.all].sort()).toEqual(orders.sort())
  expect([...seen.one].sort()).toEqual(['["10.0.0.7",4]', '["10.0.1.7",4]'])
})

test('tells why a name has no address', async () => {
  const unknown = Object.assign(new Error('getaddrinfo ENOTFOUND'), { code: 'ENOTFOUND' })
  const lookup = inAnyOrder((_hostname, _options, callback) => callback(unknown, []))
  const answer = await new Promise((resolve) => lookup('nowhere', { all: true }, resolve))
  expect(answer).toBe(unknown)
})

test('asks over a connection of its own each time: the next may lead to another address', async () => {
  let connections = 0
  const server = createServer((_request, response) => response.end('{}'))
  server.on('connection', () => connections++)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  const { port } = server.address() as AddressInfo
  const signal = new AbortController().signal
  for (let times = 0; times < 2; times++)
    expect(
      await postJson(new URL(`http://localhost:${port}`), {}, { token: 'x', timeoutMs: 5_000, signal }),
    ).toEqual({})
  expect(connections).toBe(2)
})
