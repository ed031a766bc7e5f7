import type { Hono } from 'hono'
import { createApp } from '../api/app.ts'
import type { ApiEnv } from '../api/http/context.ts'
import { ALGORITHM, formatAmzDate, signature } from '../api/http/sigv4.ts'
import { healthReport } from '../api/internal/health.ts'
import { AgentRegistry } from '../fleet/agents.ts'
import { HostCredentials } from '../fleet/host-credentials.ts'
import { HostStore } from '../hosts/host-record.ts'
import type { Logger } from '../log.ts'
import { MetricHistory } from '../metrics/history.ts'
import { AccessKeys } from '../model/access-keys.ts'
import { AttachmentStore } from '../model/attachments.ts'
import { activated, type Cluster, withBrokers, withOperation } from '../model/cluster.ts'
import { ClusterStore } from '../model/cluster-store.ts'
import { ConfigurationStore } from '../model/configuration.ts'
import { DecisionLog } from '../scaling/loop/decision-log.ts'
import { Signal } from '../signal.ts'
import { ACCOUNT, createMemoryFleet, memoryDocuments, NOW, silentLog } from './fixtures.ts'
import { SimulatedKafka } from './simulated-kafka.ts'

/** The API in this process, and a client that signs as AWS's clients do (see sigv4.test.ts for the proof). */

export const AGENT_TOKEN = 'agent-secret'

export interface ClientOptions {
  readonly accessKeyId?: string
  readonly secret?: string
  readonly signedAtMs?: number
  readonly peerAddress?: string
}

export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly body: Record<string, unknown>
}

export function createTestApi(log: Logger = silentLog) {
  const documents = memoryDocuments()
  const changed = new Signal()
  const clusters = new ClusterStore(documents, () => changed.notify())
  const fleet = createMemoryFleet()
  const kafka = new SimulatedKafka()
  const agents = new AgentRegistry({
    clusters,
    fleet,
    clustersChanged: changed,
    onReport: () => undefined,
    leads: () => true,
    now: () => NOW,
  })
  const reconciler = { status: () => ({ leader: true, standby: false, operations: 0, passMs: 0 }) }
  const accessKeys = new AccessKeys(documents, Buffer.alloc(32, 1))
  const metrics = new MetricHistory()
  const decisions = new DecisionLog(documents)
  const hosts = new HostStore(documents)
  const app = createApp({
    account: ACCOUNT,
    clusters,
    hosts,
    fleet,
    agents,
    configurations: new ConfigurationStore(documents),
    attachments: new AttachmentStore(documents),
    metrics,
    decisions,
    kafka: kafka.use,
    accessKeys,
    hostCredentials: new HostCredentials({
      documents,
      agentToken: AGENT_TOKEN,
      volumeOf: (hostId) => fleet.volumeOf(hostId),
      log: silentLog,
      now: () => NOW,
    }),
    controlPlanes: () => undefined,
    health: () => healthReport({ clusters, fleet, agents, reconciler }),
    now: () => NOW,
    log,
  })
  const call = (method: string, target: string, body?: unknown, options: ClientOptions = {}) =>
    signedCall(app, method, target, body, options)
  return { app, call, hosts, clusters, documents, fleet, kafka, accessKeys, metrics, decisions }
}

/** As the reconciler would leave it. */
export async function makeActive(clusters: ClusterStore, clusterName: string): Promise<Cluster> {
  const created = (await clusters.get(clusterName))!
  const active = await clusters.update(created, (cluster) =>
    withOperation(
      withBrokers(activated(cluster), (broker) => ({
        ...broker,
        hostId: `h-${broker.brokerId}`,
        address: '127.0.0.1',
        port: 19091 + broker.brokerId,
        desired: 'RUNNING',
      })),
      undefined,
    ),
  )
  return active!
}

async function signedCall(
  app: Hono<ApiEnv>,
  method: string,
  target: string,
  body: unknown,
  { accessKeyId = 'test', secret = 'test', signedAtMs = NOW, peerAddress = '127.0.0.1' }: ClientOptions,
): Promise<Answer> {
  const [rawPath = '', rawQuery = ''] = target.split('?')
  const text = body === undefined ? '' : typeof body === 'string' ? body : JSON.stringify(body)
  const amzDate = formatAmzDate(signedAtMs)
  const date = amzDate.slice(0, 8)
  const headers = new Headers({ host: '127.0.0.1:9690', 'x-amz-date': amzDate })
  const signedHeaders = ['host', 'x-amz-date']
  const request = { method, rawPath, rawQuery, headers, body: Buffer.from(text) }
  const scope = { region: ACCOUNT.region, service: 'kafka' }
  const credential = `${accessKeyId}/${date}/${scope.region}/${scope.service}/aws4_request`
  const signed = signature(request, { date, signedHeaders }, amzDate, scope, secret)
  headers.set(
    'authorization',
    `${ALGORITHM} Credential=${credential}, SignedHeaders=${signedHeaders.join(';')}, Signature=${signed}`,
  )
  const init = { method, headers, ...(body === undefined ? {} : { body: text }) }
  return answerOf(await app.request(`http://127.0.0.1:9690${target}`, init, { peerAddress }))
}

export async function answerOf(response: Response): Promise<Answer> {
  const text = await response.text()
  return { status: response.status, headers: response.headers, body: text === '' ? {} : JSON.parse(text) }
}
