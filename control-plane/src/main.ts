import { mkdirSync } from 'node:fs'
import type { Server } from 'node:http'
import { isIPv6 } from 'node:net'
import { hostname, networkInterfaces } from 'node:os'
import { type CoordinationStore, openStore } from '@freshet/coordination'
import { serve } from '@hono/node-server'
import { assert } from './assert.ts'
import { internalCalls } from './cloudformation/api.ts'
import { type ControlPlane, createControlPlane } from './control-plane.ts'
import { ServiceRecord, type ServiceRecordOptions } from './dns/service-record.ts'
import type { FleetDriver } from './fleet/driver.ts'
import { type Ec2Settings, readEc2Settings } from './fleet/ec2/settings.ts'
import { createProcessFleet } from './fleet/process/driver.ts'
import { brokersSeenAt } from './kafka/brokers-seen.ts'
import { useKafka } from './kafka/platformatic-admin.ts'
import { createLogger, errorText } from './log.ts'
import type { CloudWatchSender } from './metrics/cloudwatch/sender.ts'
import { AccessKeys } from './model/access-keys.ts'
import type { Account } from './model/identifiers.ts'
import { type Options, parseOptions } from './options.ts'
import { ensureQuickstart } from './quickstart.ts'
import type { LeaderTask } from './reconcile/leader-tasks.ts'
import { type FetchSecret, readSecrets } from './secrets.ts'

/** The control plane: one for a data folder, or several on one DynamoDB table; see options.ts. */

const LAPTOP: Account = { region: 'us-east-1', accountId: '000000000000' }
const log = createLogger((line) => process.stderr.write(line), Date.now)

try {
  await main(parseOptions(process.argv.slice(2), process.env))
} catch (error) {
  exitWith(error instanceof Error ? error.message : String(error))
}

async function main(options: Options): Promise<void> {
  const { dataFolder, stateUrl } = options
  if (dataFolder !== undefined) mkdirSync(dataFolder, { recursive: true })
  const settings =
    options.fleet.kind === 'ec2' ? readEc2Settings(options.fleet.settingsFile, options.port) : undefined
  const { region, accountId } = settings ?? LAPTOP
  const account = { region, accountId }
  const store = await openStore(stateUrl, settings && { region })
  const { sealingKey, agentToken, adminKey } = await readSecrets(
    options.secrets,
    fetchSecret(settings?.region),
  )
  const accessKeys = new AccessKeys(store.documents, sealingKey, adminKey)
  if (options.issueAccessKey) {
    process.stdout.write(`${JSON.stringify(await accessKeys.issue(Date.now()))}\n`)
    return store.close()
  }
  const fleet = await openFleet(options.fleet, settings, agentToken)
  const cloudWatch = await openSender(options, region)
  const controlPlane: ControlPlane = createControlPlane({
    store,
    fleet,
    account,
    accessKeys,
    agentToken,
    holder: holderOf(options),
    brokersSeenAt,
    kafka: useKafka,
    now: Date.now,
    log,
    metricsPeriodMs: options.metricsPeriodMs,
    ...(cloudWatch && { cloudWatch }),
    ...(settings && {
      stepTimeoutMs: MACHINE_STEP_TIMEOUT_MS,
      addresses: { url: urlOf(options), known: settings.controlPlaneUrls },
    }),
    onReplaced: () => exitWith(`another control plane of the same name has taken over ${stateUrl}`),
    tasks: settings === undefined ? [] : await awsTasks(settings, store, fleet, () => controlPlane),
  })
  const { app, clusters, reconciler, living } = controlPlane
  const server = await listen(options, (request, peerAddress) => app.fetch(request, { peerAddress }))
  reconciler.start()
  if (options.quickstart) await ensureQuickstart({ clusters, fleet, account, now: Date.now })
  log.info('listening', { address: options.listen, port: options.port })

  let stopping = false
  const stop = async (reason: string) => {
    if (stopping) return
    stopping = true
    log.info('stopping', { reason })
    server.close()
    server.closeAllConnections()
    await reconciler.stop()
    // Others see in a while that it is gone.
    await living.leave().catch((error: unknown) => log.error('leaving', { error: errorText(error) }))
    await cloudWatch?.stop()
    await store.close()
    process.exit(0)
  }
  process.on('SIGTERM', () => void stop('SIGTERM'))
  process.on('SIGINT', () => void stop('SIGINT'))
  const leave = () => void stop('the launcher is gone')
  process.on('disconnect', leave)
  // It may have gone while nobody listened for that.
  if (process.send !== undefined && !process.connected) leave()
  process.on('unhandledRejection', (error) => {
    log.error('unhandled rejection', { error: errorText(error) })
    process.exit(1)
  })
}

/** A machine takes minutes to come up; nobody waits so long for a process. */
const MACHINE_STEP_TIMEOUT_MS = 600_000

async function openFleet(
  fleet: Options['fleet'],
  settings: Ec2Settings | undefined,
  agentToken: string,
): Promise<FleetDriver> {
  if (fleet.kind === 'process')
    return createProcessFleet({ dataFolder: fleet.dataFolder, region: LAPTOP.region })
  assert(settings !== undefined, 'the fleet of EC2 has settings')
  // A laptop's control plane does not load the AWS SDK: it would take longer than all the rest of its start.
  const { openEc2Fleet } = await import('./fleet/ec2/open.ts')
  return openEc2Fleet(settings, agentToken)
}

/** What the leader does besides, where the settings ask for it. */
async function awsTasks(
  { region, cloudFormation, hostedZone }: Ec2Settings,
  { documents }: CoordinationStore,
  fleet: FleetDriver,
  controlPlane: () => ControlPlane,
): Promise<LeaderTask[]> {
  const living = () => controlPlane().living.living
  const serviceRecord = hostedZone && (await openServiceRecord(hostedZone, { region, documents, living }))
  const recordTasks = serviceRecord === undefined ? [] : [serviceRecord.task]
  if (cloudFormation === undefined) return recordTasks
  const { openCloudFormationTask } = await import('./cloudformation/open.ts')
  const fetch = (request: Request, bindings: { peerAddress: string }) =>
    controlPlane().app.fetch(request, bindings)
  return [
    ...recordTasks,
    openCloudFormationTask(cloudFormation.queueUrl, region, {
      call: internalCalls({ region, now: Date.now, fetch }),
      documents,
      hostIds: async () => (await fleet.listHosts()).map(({ hostId }) => hostId),
      ...(serviceRecord && { serviceRecord }),
      now: Date.now,
      log,
    }),
  ]
}

async function openServiceRecord(
  { id, name }: NonNullable<Ec2Settings['hostedZone']>,
  { region, ...options }: { region: string } & Pick<ServiceRecordOptions, 'documents' | 'living'>,
): Promise<ServiceRecord> {
  const { openZone } = await import('./dns/route53.ts')
  return new ServiceRecord({ ...options, zone: openZone(id, { region }), zoneName: name })
}

async function openSender(
  { cloudWatchNamespace: namespace }: Options,
  region: string,
): Promise<CloudWatchSender | undefined> {
  if (namespace === undefined) return undefined
  const { openCloudWatch } = await import('./metrics/cloudwatch/open.ts')
  return openCloudWatch({ namespace, region, log })
}

function fetchSecret(region: string | undefined): FetchSecret {
  return async (secretId) => {
    const { secretsManager } = await import('./secrets-manager.ts')
    return secretsManager(region === undefined ? {} : { region })(secretId)
  }
}

/** A data folder has one control plane, whatever its port; of several on one table each has a machine and a port. */
function holderOf({ stateUrl, dataFolder, port }: Options): string {
  const isAlone = stateUrl.startsWith('sqlite:') && dataFolder !== undefined
  return isAlone ? `control-plane ${dataFolder}` : `control-plane ${hostname()}:${port}`
}

/** Of a machine that listens everywhere, its first address that is not its own affair alone. */
function urlOf({ listen, port }: Options): string {
  const isAnywhere = listen === '0.0.0.0' || listen === '::'
  const own = Object.values(networkInterfaces()).flatMap((addresses = []) =>
    addresses.filter(({ family, internal }) => family === 'IPv4' && !internal),
  )
  const address = isAnywhere ? (own[0]?.address ?? '127.0.0.1') : listen
  return `http://${isIPv6(address) ? `[${address}]` : address}:${port}`
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
