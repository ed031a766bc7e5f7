import type { Hono } from 'hono'
import * as z from 'zod'
import { MAX_WAIT_MS, NotLeading } from '../../fleet/agents.ts'
import type { ApiContext, ApiEnv } from '../http/context.ts'
import { MskError, notFound } from '../http/errors.ts'
import { parseBody } from '../http/validation.ts'

/** Not MSK's: how host agents register, and learn what to run by long poll (see services/host-agent). */

const syncBody = z.object({
  revision: z.number(),
  waitMs: z
    .number()
    .min(0)
    .transform((waitMs) => Math.min(waitMs, MAX_WAIT_MS)),
  units: z
    .array(
      z.object({
        unitId: z.string().max(256),
        state: z.enum(['STARTING', 'RUNNING', 'BACKOFF', 'STOPPING', 'STOPPED', 'REMOVED']),
        pid: z.number().exactOptional(),
        restarts: z.number(),
        lastError: z.string().exactOptional(),
      }),
    )
    .max(1000),
  notices: z
    .array(
      z.object({
        kind: z.enum(['SPOT_INTERRUPTION', 'REBALANCE_RECOMMENDATION', 'SCHEDULED_EVENT']),
        detail: z.string().max(256),
        notBefore: z.string().max(64).exactOptional(),
      }),
    )
    .max(16)
    .exactOptional(),
})

const registerBody = z.object({ credential: z.string().regex(/^[0-9a-f]{64}$/) })

export function internalHostRoutes(
  app: Hono<ApiEnv>,
  { agents, hostCredentials, controlPlanes }: ApiContext,
): void {
  app.post('/internal/hosts/:hostId/register', async (c) => {
    const { credential } = parseBody(registerBody, c.var.body)
    const authorization = c.req.header('authorization')
    if (!(await hostCredentials.register(c.req.param('hostId'), authorization, credential))) {
      throw new MskError('UnauthorizedException', 'The registration is refused.')
    }
    return c.json({})
  })

  app.use('/internal/hosts/:hostId/*', async (c, next) => {
    if (!(await hostCredentials.maySpeakFor(c.req.param('hostId'), c.req.header('authorization')))) {
      throw new MskError('UnauthorizedException', "The agent's token is missing or wrong.")
    }
    await next()
  })

  app.post('/internal/hosts/:hostId/sync', async (c) => {
    const report = parseBody(syncBody, c.var.body)
    const answer = await agents
      .sync(c.req.param('hostId'), report, c.req.raw.signal)
      .catch((error: Error) => {
        if (error instanceof NotLeading) throw new MskError('ServiceUnavailableException', error.message)
        throw error
      })
    if (!answer) throw notFound('No cluster has a broker on this host.', 'hostId')
    const urls = controlPlanes()
    return c.json(urls === undefined ? answer : { ...answer, controlPlanes: urls })
  })
}
