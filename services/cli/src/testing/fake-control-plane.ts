/**
 * For tests: a control plane with one cluster of one broker. `quickstart.json` in its data folder says on which
 * port; the cluster becomes ACTIVE when the host agent reports the broker as running.
 */
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import type { SyncRequest, UnitSpec } from '@freshet/host-agent'

const { values } = parseArgs({
  options: { data: { type: 'string' }, port: { type: 'string' }, quickstart: { type: 'boolean' } },
})
const data = values.data ?? ''
const { brokerPort } = JSON.parse(readFileSync(join(data, 'quickstart.json'), 'utf8'))
const token = readFileSync(process.env.FRESHET_AGENT_TOKEN_FILE ?? '', 'utf8').trim()
const unit: UnitSpec = {
  unitId: 'u-1',
  clusterId: 'AAAAAAAAAAAAAAAAAAAAAQ',
  brokerId: 1,
  desired: 'RUNNING',
  generation: 0,
  properties: { listeners: `PLAINTEXT://127.0.0.1:${brokerPort}` },
  port: brokerPort,
}
let state = 'CREATING'

if (values.quickstart) {
  const host = join(data, 'hosts', 'host-1')
  mkdirSync(host, { recursive: true })
  writeFileSync(join(host, 'host.json.new'), JSON.stringify({ hostId: 'host-1', zone: 'us-east-1a' }))
  renameSync(join(host, 'host.json.new'), join(host, 'host.json'))
}

createServer(async (request, response) => {
  if (request.url === '/health') {
    const cluster = { name: 'quickstart', arn: 'arn', state, bootstrapBrokers: `127.0.0.1:${brokerPort}` }
    response.end(JSON.stringify({ status: 'ok', parts: {}, clusters: values.quickstart ? [cluster] : [] }))
    return
  }
  if (request.headers.authorization !== `Bearer ${token}`) {
    response.writeHead(401).end()
    return
  }
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(Buffer.from(chunk))
  const body: SyncRequest = JSON.parse(Buffer.concat(chunks).toString())
  if (body.units[0]?.state === 'RUNNING') state = 'ACTIVE'
  const waitMs = body.revision === 1 ? body.waitMs : 0
  setTimeout(() => response.end(JSON.stringify({ revision: 1, units: [unit] })), waitMs)
}).listen(Number(values.port), '127.0.0.1')

process.on('SIGTERM', () => process.exit(0))
process.on('disconnect', () => process.exit(0))
