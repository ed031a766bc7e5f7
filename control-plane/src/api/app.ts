import { randomUUID } from 'node:crypto'
import { CoordinationError } from '@freshet/coordination'
import { type Context, Hono } from 'hono'
import { errorText } from '../log.ts'
import { clusterPolicyRoutes } from './cluster-policy.ts'
import { clusterOperationRoutes } from './clusters/cluster-operations.ts'
import { clusterRoutes } from './clusters/clusters.ts'
import { kafkaVersionRoutes } from './clusters/kafka-versions.ts'
import { nodeRoutes } from './clusters/nodes.ts'
import { configurationRoutes } from './configurations/configurations.ts'
import { autoscalingRoutes } from './freshet/autoscaling.ts'
import { hostRoutes } from './freshet/hosts.ts'
import { metricsRoutes } from './freshet/metrics.ts'
import type { ApiContext, ApiEnv } from './http/context.ts'
import { MskError } from './http/errors.ts'
import { verifySignature } from './http/sigv4.ts'
import { internalHostRoutes } from './internal/internal-hosts.ts'
import { scramSecretRoutes } from './scram-secrets.ts'
import { tagRoutes } from './tags.ts'
import { topicRoutes } from './topics/topics.ts'
import { unsupportedRoutes } from './unsupported.ts'
import { updateRoutes } from './updates/index.ts'
import { vpcConnectionRoutes } from './vpc-connections.ts'

/** The whole REST surface: /health for anybody, /internal for agents, everything else the signed MSK API. */
export function createApp(context: ApiContext): Hono<ApiEnv> {
  const app = new Hono<ApiEnv>()

  app.onError((error, c) => errorResponse(c, error, context))
  app.use(async (c, next) => {
    c.set('requestId', randomUUID())
    await next()
    c.res.headers.set(REQUEST_ID, c.var.requestId)
  })
  app.get('/health', async (c) => c.json(await context.health()))
  app.use(async (c, next) => {
    c.set('body', await readBody(c.req.raw))
    await next()
  })
  internalHostRoutes(app, context)
  app.use(async (c, next) => {
    c.set('accessKeyId', await authenticate(c, context))
    await next()
  })
  clusterRoutes(app, context)
  clusterOperationRoutes(app, context)
  kafkaVersionRoutes(app, context)
  nodeRoutes(app, context)
  tagRoutes(app, context)
  updateRoutes(app, context)
  configurationRoutes(app, context)
  topicRoutes(app, context)
  scramSecretRoutes(app, context)
  clusterPolicyRoutes(app, context)
  vpcConnectionRoutes(app, context)
  autoscalingRoutes(app, context)
  metricsRoutes(app, context)
  hostRoutes(app, context)
  unsupportedRoutes(app, context)
  app.notFound((c) => {
    const error = new MskError(
      'UnknownOperationException',
      `There is no operation ${c.req.method} ${c.req.path}.`,
    )
    return errorResponse(c, error, context)
  })
  return app
}

export const SERVICE = 'kafka'
export const MAX_BODY_BYTES = 1024 * 1024

const REQUEST_ID = 'x-amzn-requestid'

function authenticate(c: Context<ApiEnv>, { account, accessKeys, now }: ApiContext): Promise<string> {
  const [rawPath, rawQuery] = rawTarget(c.req.url)
  return verifySignature(
    { method: c.req.method, rawPath, rawQuery, headers: c.req.raw.headers, body: c.var.body },
    { region: account.region, service: SERVICE },
    (accessKeyId, sessionToken) => accessKeys.findSecret(accessKeyId, sessionToken, c.env?.peerAddress),
    now(),
  )
}

/** Path and query as they came, still encoded: that is what the client signed. */
function rawTarget(url: string): [path: string, query: string] {
  const target = url.slice(url.indexOf('/', url.indexOf('://') + 3))
  const [path = '/', query = ''] = splitOnce(target, '?')
  return [path, query]
}

function splitOnce(text: string, separator: string): string[] {
  const at = text.indexOf(separator)
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + 1)]
}

async function readBody(request: Request): Promise<Uint8Array> {
  const tooLarge = () =>
    new MskError(
      'RequestEntityTooLargeException',
      `The request body must be at most ${MAX_BODY_BYTES} bytes.`,
    )
  if (Number(request.headers.get('content-length') ?? 0) > MAX_BODY_BYTES) throw tooLarge()
  if (!request.body) return new Uint8Array()
  const chunks: Uint8Array[] = []
  let sizeBytes = 0
  for await (const chunk of request.body) {
    sizeBytes += chunk.byteLength
    if (sizeBytes > MAX_BODY_BYTES) throw tooLarge()
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

function errorResponse(c: Context<ApiEnv>, cause: Error, { log }: ApiContext): Response {
  const error = cause instanceof MskError ? cause : internalError(cause)
  const request = { requestId: c.var.requestId, method: c.req.method, path: c.req.path }
  if (error === cause) log.info('request refused', { ...request, code: error.code, reason: error.message })
  else log.error('request failed', { ...request, error: errorText(cause) })
  const { invalidParameter, message } = error
  return c.json({ invalidParameter, message }, error.status, { 'x-amzn-errortype': error.code })
}

function internalError(cause: Error): MskError {
  const unavailable = cause instanceof CoordinationError && cause.code === 'UNAVAILABLE'
  return unavailable
    ? new MskError('ServiceUnavailableException', 'The coordination store is not available. Try again.')
    : new MskError('InternalServerErrorException', 'An internal error occurred. The log has the details.')
}
