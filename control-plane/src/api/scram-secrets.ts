import type { Context, Hono } from 'hono'
import * as z from 'zod'
import type { ProvisionedCluster } from '../model/cluster.ts'
import { isTooLarge } from '../model/collection.ts'
import { provisionedOnly } from './clusters/clusters.ts'
import { type ApiContext, type ApiEnv, clusterInPath } from './http/context.ts'
import { badRequest } from './http/errors.ts'
import { pageOf, parsePage } from './http/pages.ts'
import { parseBody } from './http/validation.ts'

const MAX_BATCH = 10
const MAX_SECRETS = 1_000
/** Six random characters end the name of a secret; MSK insists on its prefix. */
const SECRET_ARN = /^arn:aws(-[a-z]+)*:secretsmanager:[a-z0-9-]+:\d{12}:secret:AmazonMSK_[\w/+=.@-]{1,512}$/

const body = z.object({ secretArnList: z.array(z.string().max(2048)).min(1).max(MAX_BATCH) })

interface UnprocessedScramSecret {
  readonly secretArn: string
  readonly errorCode: string
  readonly errorMessage: string
}

/** https://docs.aws.amazon.com/msk/1.0/apireference/clusters-clusterarn-scram-secrets.html */
export function scramSecretRoutes(app: Hono<ApiEnv>, context: ApiContext): void {
  const { scramSecrets } = context.attachments
  const path = '/v1/clusters/:clusterArn/scram-secrets'

  app.get(path, async (c) => {
    const page = parsePage(c)
    const { clusterUuid } = provisionedOnly(await clusterInPath(c, context))
    const { secretArns = [] } = (await scramSecrets.get(clusterUuid)) ?? {}
    const { items, nextToken } = pageOf(secretArns, page, (arn) => arn)
    return c.json({ secretArnList: items, nextToken })
  })

  app.post(path, async (c) => {
    const { cluster, secretArnList } = await request(c, context)
    const unprocessed = secretArnList.flatMap(malformed)
    const refused = new Set(unprocessed.map(({ secretArn }) => secretArn))
    const added = secretArnList.filter((arn) => !refused.has(arn))
    await change(cluster, context, (arns) => [...new Set([...arns, ...added])].sort())
    return c.json(answer(cluster, unprocessed))
  })

  app.patch(path, async (c) => {
    const { cluster, secretArnList } = await request(c, context)
    const known = new Set((await scramSecrets.get(cluster.clusterUuid))?.secretArns)
    const unprocessed = secretArnList
      .filter((arn) => !known.has(arn))
      .map((secretArn) => ({
        secretArn,
        errorCode: 'SECRET_NOT_ASSOCIATED',
        errorMessage: 'The secret is not associated with the cluster.',
      }))
    await change(cluster, context, (arns) => arns.filter((arn) => !secretArnList.includes(arn)))
    return c.json(answer(cluster, unprocessed))
  })
}

async function request(c: Context<ApiEnv>, context: ApiContext) {
  const { secretArnList } = parseBody(body, c.var.body)
  const cluster = provisionedOnly(await clusterInPath(c, context))
  if (cluster.state !== 'ACTIVE') {
    throw badRequest(`A cluster in the state ${cluster.state} cannot be updated.`, 'clusterArn')
  }
  if (!cluster.provisioned.clientAuthentication?.sasl?.scram?.enabled) {
    throw badRequest('SASL/SCRAM authentication is not enabled for the cluster.', 'clusterArn')
  }
  return { cluster, secretArnList: [...new Set(secretArnList)] }
}

async function change(
  { clusterUuid }: ProvisionedCluster,
  { attachments }: ApiContext,
  changed: (arns: readonly string[]) => string[],
): Promise<void> {
  await attachments.scramSecrets.create(clusterUuid, { secretArns: [] })
  await attachments.scramSecrets.update(clusterUuid, ({ secretArns }) => {
    const next = changed(secretArns)
    if (next.length > MAX_SECRETS) {
      throw badRequest(`A cluster can have at most ${MAX_SECRETS} secrets.`, 'secretArnList')
    }
    if (isTooLarge(next)) throw badRequest('The secrets of the cluster have too long names.', 'secretArnList')
    return { secretArns: next }
  })
}

function malformed(secretArn: string): UnprocessedScramSecret[] {
  if (SECRET_ARN.test(secretArn)) return []
  const errorMessage = 'The ARN must be that of a secret whose name begins with AmazonMSK_.'
  return [{ secretArn, errorCode: 'INVALID_SECRET_ARN', errorMessage }]
}

function answer({ clusterArn }: ProvisionedCluster, unprocessedScramSecrets: UnprocessedScramSecret[]) {
  return { clusterArn, unprocessedScramSecrets }
}
