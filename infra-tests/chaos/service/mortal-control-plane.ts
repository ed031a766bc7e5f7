/**
 * The control plane with hosts that are folders, killed by itself with kill -9 as soon as it has written a document:
 * `mortal-control-plane.ts DATA PORT`. Whoever starts it again and again sees every operation die at each of its steps.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Documents, openSqliteStore } from '@freshet/coordination'
import { serve } from '@hono/node-server'
import { createControlPlane } from '../../../control-plane/src/control-plane.ts'
import { createProcessFleet } from '../../../control-plane/src/fleet/process/driver.ts'
import { brokersSeenAt } from '../../../control-plane/src/kafka/brokers-seen.ts'
import { useKafka } from '../../../control-plane/src/kafka/platformatic-admin.ts'
import { createLogger } from '../../../control-plane/src/log.ts'
import { AccessKeys, loadSealingKey } from '../../../control-plane/src/model/access-keys.ts'

const [dataFolder = '', port = ''] = process.argv.slice(2)
const store = openSqliteStore({ path: join(dataFolder, 'control.db') })
const { documents } = store

const mortal: Documents = {
  get: (key) => documents.get(key),
  list: (prefix, options) => documents.list(prefix, options),
  async put(key, value, ifVersion) {
    // An operation that ended is written before its cluster; the next life writes it again, and must get further.
    const isRepeated = key.startsWith('operations/') && (await documents.get(key)) !== undefined
    const version = await documents.put(key, value, ifVersion)
    return isRepeated ? version : die(`wrote ${key}`)
  },
  async delete(key, ifVersion) {
    return (await documents.delete(key, ifVersion)) ? die(`deleted ${key}`) : false
  },
}

const { app, reconciler } = createControlPlane({
  store: { ...store, documents: mortal },
  fleet: createProcessFleet({ dataFolder, region: 'us-east-1' }),
  account: { region: 'us-east-1', accountId: '000000000000' },
  accessKeys: new AccessKeys(documents, loadSealingKey(join(dataFolder, 'sealing-key'))),
  agentToken: readFileSync(join(dataFolder, 'agent-token'), 'utf8').trim(),
  holder: `control-plane ${dataFolder}`,
  brokersSeenAt,
  kafka: useKafka,
  now: Date.now,
  log: createLogger((line) => process.stderr.write(line), Date.now),
  onReplaced: () => process.exit(1),
})
serve({
  port: Number(port),
  hostname: '127.0.0.1',
  fetch: (request, { incoming }) => app.fetch(request, { peerAddress: incoming.socket.remoteAddress }),
})
reconciler.start()

function die(what: string): never {
  process.stderr.write(`${what}\n`)
  process.kill(process.pid, 'SIGKILL')
  // The signal is on its way: nothing may happen meanwhile.
  for (;;) {}
}
