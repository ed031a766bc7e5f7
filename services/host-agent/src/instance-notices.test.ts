import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, expect, test } from 'vitest'
import {
  InstanceNotices,
  rebalanceRecommendation,
  scheduledEvents,
  spotInterruption,
} from './instance-notices.ts'
import { createLog } from './log.ts'

let server: Server
let notices: InstanceNotices | undefined
let answers: Record<string, string> = {}
let token = 'one'
let changes = 0
let looks = 0
let lines: string[] = []

beforeEach(async () => {
  answers = { 'events/maintenance/scheduled': '[]' }
  token = 'one'
  changes = 0
  looks = 0
  lines = []
  server = createServer((request, response) => {
    const path = request.url?.replace('/latest/meta-data/', '') ?? ''
    if (request.method === 'PUT' && path === '/latest/api/token') return response.end(token)
    if (request.headers['x-aws-ec2-metadata-token'] !== token) return response.writeHead(401).end()
    if (path === 'spot/instance-action') looks += 1
    const answer = answers[path]
    return response.writeHead(answer === undefined ? 404 : 200).end(answer)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
})

afterEach(async () => {
  notices?.close()
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
})

test('an instance that nothing is announced for has no notices', async () => {
  const looking = start()
  await looked(3)
  expect([looking.current, changes, lines]).toEqual([[], 0, []])
})

test('an announcement is told at once, and is over when EC2 takes it back', async () => {
  const looking = start()
  answers['spot/instance-action'] = '{"action":"terminate","time":"2026-11-21T08:22:00Z"}'
  await expect.poll(() => changes).toBe(1)
  expect(looking.current).toEqual([
    { kind: 'SPOT_INTERRUPTION', detail: 'terminate', notBefore: '2026-11-21T08:22:00Z' },
  ])
  delete answers['spot/instance-action']
  await expect.poll(() => looking.current).toEqual([])
})

test('a token that has expired is renewed', async () => {
  const looking = start()
  await looked(1)
  token = 'two'
  answers['events/recommendations/rebalance'] = '{"noticeTime":"2026-11-21T08:20:00Z"}'
  await expect.poll(() => looking.current).toHaveLength(1)
})

test('what was announced stays while the service does not answer, which is said once', async () => {
  answers['spot/instance-action'] = '{"action":"stop","time":"2026-11-21T08:22:00Z"}'
  const looking = start()
  await expect.poll(() => looking.current).toHaveLength(1)
  answers['spot/instance-action'] = '<html>'
  await expect.poll(() => lines.filter((line) => line.includes('cannot be read'))).toHaveLength(1)
  await looked(3)
  expect(lines.filter((line) => line.includes('cannot be read'))).toHaveLength(1)
  expect(looking.current).toHaveLength(1)
})

test('of scheduled events only those count that are still to come', () => {
  const event = (Code: string, State: string) => ({ Code, State, NotBefore: '21 Nov 2026 09:00:43 GMT' })
  expect(
    scheduledEvents([event('instance-retirement', 'active'), event('system-reboot', 'completed')]),
  ).toEqual([
    { kind: 'SCHEDULED_EVENT', detail: 'instance-retirement', notBefore: '21 Nov 2026 09:00:43 GMT' },
  ])
})

test.each([undefined, null, 7, 'text', [], {}, [null], [{ State: 7 }], { action: 7 }])(
  'an answer such as %j announces nothing',
  (answer) => {
    const found = [spotInterruption(answer), rebalanceRecommendation(answer), scheduledEvents(answer)]
    expect(found).toEqual([[], [], []])
  },
)

/** So many times to the end, the one that is under way not counted. */
async function looked(times: number): Promise<void> {
  const before = looks
  await expect.poll(() => looks).toBeGreaterThan(before + times)
}

function start(): InstanceNotices {
  const { port } = server.address() as AddressInfo
  notices = new InstanceNotices({
    endpoint: `http://127.0.0.1:${port}`,
    onChange: () => changes++,
    log: createLog((line) => lines.push(line), Date.now),
    lookMs: 5,
  })
  void notices.run()
  return notices
}
