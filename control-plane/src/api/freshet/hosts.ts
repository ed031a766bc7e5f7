import type { Context, Hono } from 'hono'
import * as z from 'zod'
import {
  type HostOperationType,
  type HostRecord,
  hostLoads,
  isUnderWay,
  uncordoned,
  withOperation,
} from '../../hosts/host-record.ts'
import type { Cluster } from '../../model/cluster.ts'
import type { HostLoad } from '../../model/host.ts'
import type { ApiContext, ApiEnv } from '../http/context.ts'
import { badRequest, MskError, notFound } from '../http/errors.ts'
import { pageOf, parsePage } from '../http/pages.ts'
import { parseBody } from '../http/validation.ts'

/** Not MSK's: hosts, for whoever operates the service. Only its administrator's key is accepted (docs/hosts.md). */
export function hostRoutes(app: Hono<ApiEnv>, context: ApiContext): void {
  const { hosts, now } = context

  app.use(`${PATH}/*`, async (c, next) => {
    checkOperator(c, context)
    await next()
  })

  app.get(PATH, async (c) => {
    checkOperator(c, context)
    const found = pageOf(await allHosts(context), parsePage(c), ({ hostId }) => hostId)
    return c.json({ hosts: found.items, nextToken: found.nextToken })
  })

  app.get(`${PATH}/:hostId`, async (c) => c.json(await requireHost(c.req.param('hostId'), context)))

  app.post(`${PATH}/:hostId/cordon`, async (c) => {
    const host = await requireHost(c.req.param('hostId'), context)
    const { reason } = parseRequest(c)
    const cordon = { reason, since: new Date(now()).toISOString() }
    await hosts.change(host, (record) => ({ ...record, cordon: record.cordon ?? cordon }))
    return c.json(await requireHost(host.hostId, context))
  })

  app.post(`${PATH}/:hostId/uncordon`, async (c) => {
    const host = await requireHost(c.req.param('hostId'), context)
    if (host.brokers.length === 0 && !host.shared) {
      throw badRequest('The host was of a single broker, which is elsewhere now: terminate it.', 'hostId')
    }
    await hosts.update(host.hostId, (record) => {
      if (isUnderWay(record)) throw underWay(record)
      return uncordoned(record)
    })
    return c.json(await requireHost(host.hostId, context))
  })

  for (const type of ['REPLACE', 'DRAIN', 'TERMINATE'] as const) {
    app.post(`${PATH}/:hostId/${type.toLowerCase()}`, async (c) => c.json(await begin(c, type, context)))
  }
}

const PATH = '/freshet/v1/hosts'

const body = z.object({
  reason: z.string().min(1).max(256).default('An operator asked for it'),
  /** Do not wait for the host's agent: it may be silent for good. */
  force: z.boolean().default(false),
})

function parseRequest(c: Context<ApiEnv>): z.output<typeof body> {
  return c.var.body.length === 0 ? body.parse({}) : parseBody(body, c.var.body)
}

function checkOperator(c: Context<ApiEnv>, { accessKeys }: ApiContext): void {
  if (accessKeys.isAdministrator(c.var.accessKeyId)) return
  throw new MskError('ForbiddenException', "Hosts are shown to the administrator's access key only.")
}

async function begin(c: Context<ApiEnv>, type: HostOperationType, context: ApiContext): Promise<HostView> {
  const { hosts, fleet, now } = context
  const host = await requireHost(c.req.param('hostId') ?? '', context)
  const { reason, force } = parseRequest(c)
  const instanceId = await fleet.instanceOf(host.hostId)
  const request = { type, reason, force, ...(instanceId === undefined ? {} : { instanceId }) }
  await hosts.change(host, (record) => {
    const changed = withOperation(record, request, now())
    if (changed === record) throw underWay(record)
    return changed
  })
  return requireHost(host.hostId, context)
}

function underWay({ operation }: HostRecord): MskError {
  return new MskError(
    'ConflictException',
    `An operation ${operation?.type} is under way on the host.`,
    'hostId',
  )
}

async function requireHost(hostId: string, context: ApiContext): Promise<HostView> {
  const host = (await allHosts(context)).find((each) => each.hostId === hostId)
  if (host === undefined) throw notFound(`The host ${hostId} does not exist.`, 'hostId')
  return host
}

interface HostView
  extends Omit<HostLoad, 'unitCount' | 'cordoned'>,
    Pick<HostRecord, 'cordon' | 'operation'> {
  readonly state: 'ACTIVE' | 'CORDONED'
  readonly brokers: readonly {
    readonly clusterArn: string
    readonly brokerId: number
    readonly address: string | undefined
    readonly failure: string | undefined
  }[]
}

/**
 * As they are now, whichever control plane is asked: records and clusters would contradict each other if one that does
 * not lead took the latter from its snapshot. Records first: an operation that has ended left its clusters changed.
 */
async function allHosts({ clusters, hosts }: ApiContext): Promise<HostView[]> {
  const [records, all] = [await hosts.list(), await clusters.all()]
  const recordOf = new Map(records.map((record) => [record.hostId, record]))
  const brokersOn = Map.groupBy(all.flatMap(brokersOf), ({ hostId }) => hostId)
  return hostLoads(all, records)
    .map(({ hostId, zone, shared, cordoned }): HostView => {
      const { cordon, operation } = recordOf.get(hostId) ?? {}
      const brokers = (brokersOn.get(hostId) ?? []).map(({ broker }) => broker)
      return {
        hostId,
        zone,
        shared,
        state: cordoned ? 'CORDONED' : 'ACTIVE',
        ...(cordon && { cordon }),
        ...(operation && { operation }),
        brokers,
      }
    })
    .sort((a, b) => (a.hostId < b.hostId ? -1 : 1))
}

function brokersOf({ clusterArn, brokers }: Cluster) {
  return brokers.flatMap(({ brokerId, hostId, address, hostFailure }) =>
    hostId === undefined
      ? []
      : [{ hostId, broker: { clusterArn, brokerId, address, failure: hostFailure?.reason } }],
  )
}
