/**
 * The instance metadata service, version 2 only, as far as cloud-init and the AWS SDKs ask it:
 * https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instancedata-data-categories.html
 */
import { createHmac, timingSafeEqual } from 'node:crypto'

export interface MetadataRequest {
  readonly method: string
  readonly path: string
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
}

export interface MetadataAnswer {
  readonly status: number
  readonly body: string
  readonly headers: Readonly<Record<string, string>>
}

export interface InstanceFacts {
  readonly instanceId: string
  readonly imageId: string
  readonly instanceType: string
  readonly privateIpAddress: string
  readonly privateDnsName: string
  readonly zone: string
  readonly accountId: string
  readonly userData: string | undefined
  /** Name of the role of its instance profile. */
  readonly role: string | undefined
  /** What EC2 has announced to it, by the path below `meta-data/`. */
  readonly announced: Readonly<Record<string, string>>
}

export interface RoleCredentials {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken: string
  readonly expiration: Date
}

export interface MetadataContext {
  /** Signs the tokens that are given out. */
  readonly secret: string
  /** Of the instance's role. */
  readonly credentials: RoleCredentials | undefined
  readonly nowMs: () => number
}

const MAX_TTL_SECONDS = 21_600
const TTL = 'x-aws-ec2-metadata-token-ttl-seconds'
const TOKEN = 'x-aws-ec2-metadata-token'

export function answerMetadata(
  request: MetadataRequest,
  facts: InstanceFacts,
  context: MetadataContext,
): MetadataAnswer {
  const { method, path, headers } = request
  if (method === 'PUT' && path === '/latest/api/token') return issueToken(headers[TTL], facts, context)
  if (method !== 'GET') return answer(405, '')
  if (!isValidToken(headers[TOKEN], facts, context)) return answer(401, '')
  const body = read(path.replace(/^\/latest\//, '').replace(/\/$/, ''), facts, context)
  return body === undefined ? answer(404, '') : answer(200, body)
}

/** Whether an answer has credentials: who asks for them is a program that runs. */
export function givesCredentials(path: string, { status }: Pick<MetadataAnswer, 'status'>): boolean {
  return status === 200 && /\/security-credentials\/./.test(path)
}

export function regionOf({ zone }: Pick<InstanceFacts, 'zone'>): string {
  return zone.replace(/[a-z]$/, '')
}

function issueToken(
  ttl: string | string[] | undefined,
  facts: InstanceFacts,
  { secret, nowMs }: MetadataContext,
): MetadataAnswer {
  const seconds = Number(ttl)
  if (!Number.isInteger(seconds) || seconds < 1 || seconds > MAX_TTL_SECONDS) return answer(400, '')
  const expiresMs = nowMs() + seconds * 1_000
  return answer(200, `${expiresMs}.${signature(expiresMs, facts, secret)}`, { [TTL]: String(seconds) })
}

function isValidToken(
  token: string | string[] | undefined,
  facts: InstanceFacts,
  { secret, nowMs }: MetadataContext,
): boolean {
  const [expires = '', given = ''] = String(token).split('.')
  const expected = signature(Number(expires), facts, secret)
  const isOurs =
    given.length === expected.length && timingSafeEqual(Buffer.from(given), Buffer.from(expected))
  return isOurs && Number(expires) > nowMs()
}

function signature(expiresMs: number, { instanceId }: InstanceFacts, secret: string): string {
  return createHmac('sha256', secret).update(`${instanceId} ${expiresMs}`).digest('hex')
}

function read(path: string, facts: InstanceFacts, context: MetadataContext): string | undefined {
  if (path === 'user-data') return facts.userData
  if (path === 'dynamic/instance-identity/document') return JSON.stringify(identityDocument(facts), null, 2)
  const credentials = /^meta-data\/iam\/security-credentials(?:\/(.*))?$/.exec(path)
  if (credentials === null) return metadata(facts)[path.replace(/^meta-data\//, '')]
  const { role } = facts
  if (credentials[1] === undefined || role === undefined) return role
  return credentials[1] === role ? credentialsDocument(context) : undefined
}

function metadata(facts: InstanceFacts): Readonly<Record<string, string>> {
  return {
    ...facts.announced,
    'ami-id': facts.imageId,
    hostname: facts.privateDnsName,
    'instance-id': facts.instanceId,
    'instance-type': facts.instanceType,
    'local-hostname': facts.privateDnsName,
    'local-ipv4': facts.privateIpAddress,
    'placement/availability-zone': facts.zone,
    'placement/region': regionOf(facts),
  }
}

function identityDocument(facts: InstanceFacts) {
  return {
    accountId: facts.accountId,
    architecture: 'x86_64',
    availabilityZone: facts.zone,
    imageId: facts.imageId,
    instanceId: facts.instanceId,
    instanceType: facts.instanceType,
    privateIp: facts.privateIpAddress,
    region: regionOf(facts),
    version: '2017-09-30',
  }
}

function credentialsDocument({ credentials, nowMs }: MetadataContext): string | undefined {
  if (credentials === undefined) return undefined
  const { accessKeyId, secretAccessKey, sessionToken, expiration } = credentials
  return JSON.stringify({
    Code: 'Success',
    Type: 'AWS-HMAC',
    LastUpdated: new Date(nowMs()).toISOString(),
    AccessKeyId: accessKeyId,
    SecretAccessKey: secretAccessKey,
    Token: sessionToken,
    Expiration: expiration.toISOString(),
  })
}

function answer(
  status: number,
  body: string,
  headers: Readonly<Record<string, string>> = {},
): MetadataAnswer {
  return { status, body, headers }
}
