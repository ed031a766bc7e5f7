/** The attack upon a broker whose every answer is wrong. */
import { createServer, type Server } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { attack, FINDINGS_MAX, type Finding, replay } from './attack.ts'
import { clientCalls } from './repertoire.ts'
import { describeFinding } from './report.ts'

let broker: Server
/** What arrived in each connection. */
let received: Buffer[] = []

beforeAll(async () => {
  broker = createServer((socket) => {
    socket.on('error', () => {})
    socket.once('data', (bytes) => {
      received.push(bytes)
      socket.end(Buffer.from([0, 0, 0, 0]))
    })
  })
  await new Promise<void>((resolve) => broker.listen(0, '127.0.0.1', resolve))
})

afterAll(() => broker.close())

test('each finding is told at once, with the command that sends the same bytes again', async () => {
  const told: Finding[] = []
  const options = { ...plan(), inputs: 1e6, lanes: 1, onProgress: () => {} }
  const { findings, inputs } = await attack({ ...options, onFinding: (finding) => told.push(finding) })
  expect(findings).toHaveLength(FINDINGS_MAX)
  expect(told).toEqual(findings)
  expect(inputs).toBeLessThan(1e6)
  const [third] = findings.slice(2)
  if (third === undefined) throw new Error('there are ten of them')
  expect(describeFinding(third, 7, 'clients')).toBe(
    `an answer of 0 bytes\n  again: npm run fuzz -- --seed 7 --part clients --lane 0 --round ${third.round}`,
  )
  const sent = received[third.round] ?? Buffer.alloc(0)
  expect(sent.length).toBeGreaterThan(0)
  received = []
  const again = await replay(plan(), { lane: 0, first: third.round, last: third.round })
  expect(again).toEqual([third])
  expect(received.map(beginning)).toEqual([beginning(sent)])
})

function plan() {
  const { port } = broker.address() as { port: number }
  return { target: { host: '127.0.0.1', port }, seed: 7, calls: clientCalls, stallMs: 5_000 }
}

/** What surely arrives in one piece. */
function beginning(bytes: Buffer): string {
  return bytes.subarray(0, 1000).toString('hex')
}
