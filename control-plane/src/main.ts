import { mkdirSync, readFileSync } from 'node:fs'
import type { Server } from 'node:http'
import { join, resolve } from 'node:path'
import { openSqliteStore } from '@freshet/coordination'
import { serve } from '@hono/node-server'
import { createControlPlane } from './control-plane.ts'
import { createProcessFleet, LOOPBACK } from './fleet/process/driver.ts'
import { brokersSeenAt } from './kafka/brokers-seen.ts'
import { useKafka } from './kafka/platformatic-admin.ts'
import { createLogger, errorText } from './log.ts'
import { AccessKeys, loadSealingKey } from './model/access-keys.ts'
import { type Options, parseOptions } from './options.ts'
import { ensureQuickstart } from './quickstart.ts'

/** The control plane of one machine: `control-plane --data DIR [--port N] [--quickstart]`. */

const ACCOUNT = { region: 'us-east-1', accountId: '000000000000' }
const log = createLogger((line) => process.stderr.write(line), Date.now)

try {
  await main(parseOptions(process.argv.slice(2), process.env))
} catch (error) {
  exitWith(error instanceof Error ? error.message : String(error))
}

async function main(options: Options): Promise<void> {
  const dataFolder = resolve(options.dataFolder)
  mkdirSync(dataFolder, { recursive: true })
  const store = openSqliteStore({ path: join(dataFolder, 'control.db') })
  const accessKeys = new AccessKeys(store.documents, loadSealingKey(join(dataFolder, 'sealing-key')))
  if (options.issueAccessKey) {
    process.stdout.write(`${JSON.stringify(await accessKeys.issue(Date.now()))}\n`)
    return store.close()
  }
  const fleet = createProcessFleet({ dataFolder, region: ACCOUNT.region })
  const { app, clusters, reconciler } = createControlPlane({
    store,
    fleet,
    account: ACCOUNT,
    accessKeys,
    agentToken: readFileSync(options.agentTokenFile, 'utf8').trim(),
    holder: `control-plane ${dataFolder}`,
    address: LOOPBACK,
    brokersSeenAt,
    kafka: useKafka,
    now: Date.now,
    log,
    onReplaced: () => exitWith(`another control plane has taken over ${dataFolder}`),
  })
  const server = await listen(options.port, (request, peerAddress) => app.fetch(request, { peerAddress }))
  reconciler.start()
  if (options.quickstart) await ensureQuickstart({ clusters, fleet, account: ACCOUNT, now: Date.now })
  log.info('listening', { address: LOOPBACK, port: options.port })

  let stopping = false
  const stop = async (reason: string) => {
    if (stopping) return
    stopping = true
    log.info('stopping', { reason })
    server.close()
    server.closeAllConnections()
    await reconciler.stop()
    await store.close()
    process.exit(0)
  }
  process.on('SIGTERM', () => void stop('SIGTERM'))
  process.on('SIGINT', () => void stop('SIGINT'))
  process.on('disconnect', () => void stop('the launcher is gone'))
  process.on('unhandledRejection', (error) => {
    log.error('unhandled rejection', { error: errorText(error) })
    process.exit(1)
  })
}

type Handler = (request: Request, peerAddress: string | undefined) => Response | Promise<Response>

function listen(port: number, handle: Handler): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = serve(
      {
        port,
        hostname: LOOPBACK,
        fetch: (request, { incoming }) => handle(request, incoming.socket.remoteAddress),
      },
      () => resolve(server as Server),
    )
    server.on('error', (error: NodeJS.ErrnoException) => {
      const taken = error.code === 'EADDRINUSE'
      reject(taken ? new Error(`port ${port} on ${LOOPBACK} is already in use`) : error)
    })
  })
}

function exitWith(message: string): void {
  process.stderr.write(`freshet control plane: ${message}\n`)
  process.exit(1)
}
