import { mkdirSync, readFileSync } from 'node:fs'
import type { Server } from 'node:http'
import { join, resolve } from 'node:path'
import { openSqliteStore } from '@freshet/coordination'
import { serve } from '@hono/node-server'
import { createControlPlane } from './control-plane.ts'
import type { FleetDriver } from './fleet/driver.ts'
import { createProcessFleet } from './fleet/process/driver.ts'
import { brokersSeenAt } from './kafka/brokers-seen.ts'
import { useKafka } from './kafka/platformatic-admin.ts'
import { createLogger, errorText } from './log.ts'
import { AccessKeys, loadSealingKey } from './model/access-keys.ts'
import { type Options, parseOptions } from './options.ts'
import { ensureQuickstart } from './quickstart.ts'

/** The control plane, one for a data folder: `control-plane --data DIR [--fleet process|ec2]`; see options.ts. */

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
  const agentToken = readFileSync(options.agentTokenFile, 'utf8').trim()
  const fleet = await openFleet(options, dataFolder, agentToken)
  const { app, clusters, reconciler } = createControlPlane({
    store,
    fleet,
    account: ACCOUNT,
    accessKeys,
    agentToken,
    holder: `control-plane ${dataFolder}`,
    brokersSeenAt,
    kafka: useKafka,
    now: Date.now,
    log,
    ...(options.fleet.kind === 'ec2' && { stepTimeoutMs: MACHINE_STEP_TIMEOUT_MS }),
    onReplaced: () => exitWith(`another control plane has taken over ${dataFolder}`),
  })
  const server = await listen(options, (request, peerAddress) => app.fetch(request, { peerAddress }))
  reconciler.start()
  if (options.quickstart) await ensureQuickstart({ clusters, fleet, account: ACCOUNT, now: Date.now })
  log.info('listening', { address: options.listen, port: options.port })

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

/** A machine takes minutes to come up; nobody waits so long for a process. */
const MACHINE_STEP_TIMEOUT_MS = 600_000

async function openFleet(options: Options, dataFolder: string, agentToken: string): Promise<FleetDriver> {
  const { fleet } = options
  if (fleet.kind === 'process') return createProcessFleet({ dataFolder, region: ACCOUNT.region })
  // A laptop's control plane does not load the AWS SDK: it would take longer than all the rest of its start.
  const { openEc2Fleet } = await import('./fleet/ec2/open.ts')
  return openEc2Fleet(fleet.settingsFile, agentToken)
}

type Handler = (request: Request, peerAddress: string | undefined) => Response | Promise<Response>

function listen({ listen: hostname, port }: Options, handle: Handler): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = serve(
      {
        port,
        hostname,
        fetch: (request, { incoming }) => handle(request, incoming.socket.remoteAddress),
      },
      () => resolve(server as Server),
    )
    server.on('error', (error: NodeJS.ErrnoException) => {
      const taken = error.code === 'EADDRINUSE'
      reject(taken ? new Error(`port ${port} on ${hostname} is already in use`) : error)
    })
  })
}

function exitWith(message: string): void {
  process.stderr.write(`freshet control plane: ${message}\n`)
  process.exit(1)
}
