import type { Context, Hono } from 'hono'
import * as z from 'zod'
import { isTooLarge, MAX_VALUE_BYTES } from '../../model/collection.ts'
import {
  type Configuration,
  type ConfigurationRevision,
  latestRevision,
  MAX_CONFIGURATIONS,
  MAX_PROPERTIES_BYTES,
  MAX_REVISIONS,
} from '../../model/configuration.ts'
import { configurationArn, isArnOf, newUuid, parseConfigurationArn } from '../../model/identifiers.ts'
import { KAFKA_VERSIONS } from '../../model/kafka-versions.ts'
import type { AttachedConfiguration } from '../../model/specification.ts'
import type { ApiContext, ApiEnv } from '../http/context.ts'
import { badRequest, MskError, notFound } from '../http/errors.ts'
import { numericKey, pageOf, parsePage } from '../http/pages.ts'
import { parseBody } from '../http/validation.ts'
import { parseServerProperties } from './server-properties.ts'

const description = z.string().max(1024)
/** A blob: Base64 on the wire. */
const serverProperties = z.string().transform((text, context) => {
  const bytes = Buffer.from(text, 'base64')
  const problem = blobProblem(text, bytes)
  if (problem === undefined) return bytes.toString('utf8')
  context.issues.push({ code: 'custom', message: problem, input: text })
  return z.NEVER
})

const createBody = z.object({
  name: z
    .string()
    .max(128)
    .regex(/^[0-9A-Za-z][0-9A-Za-z-]*$/, 'The configuration name has characters that are not valid.'),
  description: description.default(''),
  kafkaVersions: z
    .array(z.enum(KAFKA_VERSIONS, { error: ({ input }) => `Unsupported KafkaVersion [${String(input)}].` }))
    .max(KAFKA_VERSIONS.length)
    .default([]),
  serverProperties,
})
const updateBody = z.object({ description: description.default(''), serverProperties })

/** https://docs.aws.amazon.com/msk/1.0/apireference/configurations.html */
export function configurationRoutes(app: Hono<ApiEnv>, context: ApiContext): void {
  readRoutes(app, context)
  const { account, configurations, now } = context

  app.post('/v1/configurations', async (c) => {
    const { name, description, kafkaVersions, serverProperties } = parseBody(createBody, c.var.body)
    parseServerProperties(serverProperties)
    if ((await configurations.list()).length >= MAX_CONFIGURATIONS) {
      throw badRequest(`An account can have at most ${MAX_CONFIGURATIONS} configurations.`)
    }
    const creationTime = new Date(now()).toISOString()
    const arn = { name, configurationUuid: `${newUuid()}-1` }
    const revision = { revision: 1, description, creationTime, serverProperties }
    const configuration = {
      ...arn,
      arn: configurationArn(account, arn),
      description,
      kafkaVersions,
      creationTime,
      revisions: [revision],
    }
    if (!(await configurations.create(configuration))) {
      throw new MskError('ConflictException', `A configuration with the name ${name} already exists.`, 'name')
    }
    const {
      kafkaVersions: _versions,
      description: _description,
      ...created
    } = configurationView(configuration)
    return c.json(created)
  })

  app.put('/v1/configurations/:arn', async (c) => {
    const configuration = await inPath(c, context)
    const { description, serverProperties } = parseBody(updateBody, c.var.body)
    parseServerProperties(serverProperties)
    const creationTime = new Date(now()).toISOString()
    const revised = await configurations.update(configuration, (newest) => {
      const revision = latestRevision(newest).revision + 1
      if (revision > MAX_REVISIONS) {
        throw badRequest(`A configuration can have at most ${MAX_REVISIONS} revisions.`, 'arn')
      }
      const next = { revision, description, creationTime, serverProperties }
      const changed = { ...newest, revisions: [...newest.revisions, next] }
      if (isTooLarge(changed)) {
        const most = MAX_VALUE_BYTES / 1024
        throw badRequest(`All revisions of a configuration have at most ${most} KiB together.`, 'arn')
      }
      return changed
    })
    if (!revised) throw missing()
    return c.json({ arn: revised.arn, latestRevision: revisionView(latestRevision(revised)) })
  })

  app.delete('/v1/configurations/:arn', async (c) => {
    const configuration = await inPath(c, context)
    const user = (await context.clusters.all()).find(
      (cluster) =>
        cluster.clusterType === 'PROVISIONED' &&
        [cluster.provisioned, cluster.activeOperation?.update?.specification].some(
          (specification) => specification?.configuration?.arn === configuration.arn,
        ),
    )
    if (user) {
      throw badRequest(`The configuration is in use by the cluster ${user.clusterName}.`, 'arn')
    }
    await configurations.delete(configuration)
    return c.json({ arn: configuration.arn, state: 'DELETING' })
  })
}

function readRoutes(app: Hono<ApiEnv>, context: ApiContext): void {
  const { configurations } = context

  app.get('/v1/configurations', async (c) => {
    const page = parsePage(c)
    const { items, nextToken } = pageOf(await configurations.list(), page, ({ name }) => name)
    return c.json({ configurations: items.map(configurationView), nextToken })
  })

  app.get('/v1/configurations/:arn', async (c) => c.json(configurationView(await inPath(c, context))))

  app.get('/v1/configurations/:arn/revisions', async (c) => {
    const page = parsePage(c)
    const { revisions } = await inPath(c, context)
    const newestFirst = [...revisions].reverse()
    const keyOf = ({ revision }: ConfigurationRevision) => numericKey(revision)
    const { items, nextToken } = pageOf(newestFirst, page, keyOf, 'DESCENDING')
    return c.json({ revisions: items.map(revisionView), nextToken })
  })

  app.get('/v1/configurations/:arn/revisions/:revision', async (c) => {
    const configuration = await inPath(c, context)
    const revision = findRevision(configuration, c.req.param('revision'))
    return c.json({
      arn: configuration.arn,
      ...revisionView(revision),
      serverProperties: Buffer.from(revision.serverProperties).toString('base64'),
    })
  })
}

/** The revision that a cluster is to run with. */
export async function attachedConfiguration(
  { arn, revision }: { readonly arn: string; readonly revision: number },
  context: ApiContext,
): Promise<AttachedConfiguration> {
  const configuration = await findConfiguration(arn, context)
  const found = findRevision(configuration, String(revision))
  return { arn, revision, serverProperties: parseServerProperties(found.serverProperties) }
}

function inPath(c: Context<ApiEnv>, context: ApiContext): Promise<Configuration> {
  return findConfiguration(c.req.param('arn') ?? '', context)
}

/** 400 with exactly this text is what Terraform takes for "gone". */
async function findConfiguration(
  text: string,
  { account, configurations }: ApiContext,
): Promise<Configuration> {
  const arn = parseConfigurationArn(text)
  if (!arn) throw badRequest('Invalid Configuration ARN.', 'arn')
  const configuration = isArnOf(account, text) ? await configurations.find(arn) : undefined
  if (!configuration) throw missing()
  return configuration
}

function missing() {
  return badRequest('Configuration ARN does not exist', 'arn')
}

function findRevision({ revisions }: Configuration, text: string): ConfigurationRevision {
  if (!/^[1-9]\d{0,9}$/.test(text))
    throw badRequest('The revision must be a whole number from 1.', 'revision')
  const found = revisions.find(({ revision }) => revision === Number(text))
  if (!found) throw notFound(`The configuration has no revision ${text}.`, 'revision')
  return found
}

function configurationView(configuration: Configuration) {
  const { arn, name, description, kafkaVersions, creationTime } = configuration
  const revision = revisionView(latestRevision(configuration))
  return { arn, name, description, kafkaVersions, creationTime, latestRevision: revision, state: 'ACTIVE' }
}

function revisionView({ revision, description, creationTime }: ConfigurationRevision) {
  return { revision, description, creationTime }
}

function blobProblem(text: string, bytes: Buffer): string | undefined {
  if (!/^[A-Za-z0-9+/\s]*={0,2}\s*$/.test(text)) return 'serverProperties must be Base64.'
  if (bytes.length > MAX_PROPERTIES_BYTES) {
    return `serverProperties must have at most ${MAX_PROPERTIES_BYTES} bytes.`
  }
  return Buffer.from(bytes.toString('utf8')).equals(bytes) ? undefined : 'serverProperties must be UTF-8.'
}
