/**
 * A cluster as the tools see it: connections to its brokers and single requests of @platformatic/kafka over them. What
 * is refused only for now (a leader or coordinator that moves) is asked again until the time is up.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import {
  type API,
  type Connection,
  ConnectionPool,
  findCoordinatorV4,
  metadataV12,
  NetworkError,
  ResponseError,
} from '@platformatic/kafka'
import type { ClientConfig } from './client-config.ts'
import { ApiException, check, JavaException, TimeoutException } from './exceptions.ts'

export interface Node {
  readonly nodeId: number
  readonly host: string
  readonly port: number
}

const GROUP_COORDINATOR = 0
const RETRY_BACKOFF_MS = 100
const RECONNECT_BACKOFF_MS = 1_000
const TRANSIENT = [
  'COORDINATOR_LOAD_IN_PROGRESS',
  'COORDINATOR_NOT_AVAILABLE',
  'LEADER_NOT_AVAILABLE',
  'NOT_CONTROLLER',
  'NOT_COORDINATOR',
  'NOT_LEADER_OR_FOLLOWER',
]

export type Metadata = metadataV12.MetadataResponse

export class Cluster {
  readonly config: ClientConfig
  private readonly pool: ConnectionPool
  /** Hears of every attempt to connect that failed. */
  private readonly onUnreachable: (host: string, port: number) => void
  /** Those that the cluster had when it was asked last. */
  private known: readonly Node[] = []

  constructor(config: ClientConfig, onUnreachable: (host: string, port: number) => void) {
    this.config = config
    this.pool = new ConnectionPool(config.clientId, config.connection)
    this.onUnreachable = onUnreachable
  }

  async close(): Promise<void> {
    await this.pool.close()
  }

  /** To whichever broker answers, those of the command line first. `call` is what Kafka's client would call the request. */
  async anyBroker(call: string): Promise<Connection> {
    const deadlineMs = performance.now() + this.config.apiTimeoutMs
    for (;;) {
      for (const broker of [...this.config.brokers, ...this.known]) {
        const connection = await this.tryToConnect(broker)
        if (connection !== undefined) return connection
      }
      if (performance.now() + RECONNECT_BACKOFF_MS > deadlineMs) {
        throw new TimeoutException(`Timed out waiting for a node assignment. Call: ${call}`)
      }
      await sleep(RECONNECT_BACKOFF_MS)
    }
  }

  /** What the cluster says of some topics, or of all; creates missing ones if the cluster lets clients do that. */
  async metadata(topics: readonly string[] | null, call: string, creates = false): Promise<Metadata> {
    const connection = await this.anyBroker(call)
    const names = topics === null ? null : [...topics]
    const metadata = await ask(metadataV12.api, connection, names, creates, false)
    this.known = metadata.brokers
    return metadata
  }

  async brokers(): Promise<readonly Node[]> {
    return (await this.metadata([], 'listNodes')).brokers
  }

  async broker(nodeId: number, call: string): Promise<Connection> {
    const node = (await this.brokers()).find((each) => each.nodeId === nodeId)
    if (node === undefined)
      throw new TimeoutException(`Timed out waiting for a node assignment. Call: ${call}`)
    return this.connect(node)
  }

  connect(node: Node): Promise<Connection> {
    return this.pool.get({ host: node.host, port: node.port })
  }

  /** The broker that coordinates a group. */
  async coordinator(groupId: string): Promise<Node> {
    return this.retrying('findCoordinator', async () => {
      const connection = await this.anyBroker('findCoordinator')
      const { coordinators } = await ask(findCoordinatorV4.api, connection, GROUP_COORDINATOR, [groupId])
      const [found] = coordinators
      if (found === undefined) throw new ApiException(-1)
      check(found.errorCode, found.errorMessage)
      return found
    })
  }

  /** Does something with the group's coordinator, wherever it is by then. */
  withCoordinator<Result>(
    groupId: string,
    call: string,
    task: (connection: Connection, node: Node) => Promise<Result>,
  ): Promise<Result> {
    return this.retrying(call, async () => {
      const node = await this.coordinator(groupId)
      return task(await this.connect(node), node)
    })
  }

  async retrying<Result>(call: string, task: () => Promise<Result>): Promise<Result> {
    const deadlineMs = performance.now() + this.config.apiTimeoutMs
    for (let attempts = 1; ; attempts++) {
      try {
        return await task()
      } catch (error) {
        if (!isTransient(error)) throw asJavaException(error)
        if (performance.now() + RETRY_BACKOFF_MS > deadlineMs) {
          throw new TimeoutException(`Call(callName=${call}) timed out after ${attempts} attempt(s)`)
        }
      }
      await sleep(RETRY_BACKOFF_MS)
    }
  }

  private async tryToConnect(broker: { host: string; port: number }): Promise<Connection | undefined> {
    try {
      return await this.pool.get(broker)
    } catch (error) {
      if (!NetworkError.isRetryable(error instanceof Error ? error : new Error(String(error)))) {
        throw asJavaException(error)
      }
      this.onUnreachable(broker.host, broker.port)
      return undefined
    }
  }
}

/** One request. Errors inside the answer are the caller's: it knows which of them are failures. */
export async function ask<Request extends unknown[], Response>(
  api: API<Request, Response>,
  connection: Connection,
  ...request: Request
): Promise<Response> {
  try {
    return await api.async(connection, ...request)
  } catch (error) {
    if (error instanceof ResponseError) return error.response as Response
    throw error
  }
}

/** What the library throws, in Kafka's words. */
export function asJavaException(error: unknown): unknown {
  if (error instanceof JavaException || !(error instanceof Error)) return error
  const code = findNumber(error, 'apiCode')
  if (code !== undefined) return new ApiException(code)
  if (!('code' in error) || typeof error.code !== 'string') return error
  const cause = error.cause instanceof Error ? `: ${error.cause.message}` : ''
  if (error.code === 'PLT_KFK_AUTHENTICATION') {
    return new JavaException(
      'org.apache.kafka.common.errors.SaslAuthenticationException',
      `${error.message}${cause}`,
    )
  }
  if (!error.code.startsWith('PLT_KFK_')) return error
  return new JavaException('org.apache.kafka.common.errors.NetworkException', `${error.message}${cause}`)
}

function isTransient(error: unknown): boolean {
  if (error instanceof ApiException) return TRANSIENT.includes(error.error)
  return error instanceof Error && NetworkError.isRetryable(error)
}

/** The library nests what a broker answered. */
function findNumber(error: Error, property: string): number | undefined {
  const own: unknown = Reflect.get(error, property)
  if (typeof own === 'number') return own
  const inner = error instanceof AggregateError ? error.errors : [error.cause]
  for (const each of inner) {
    const found = each instanceof Error ? findNumber(each, property) : undefined
    if (found !== undefined) return found
  }
  return undefined
}
