import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import { MskError } from './errors.ts'

/**
 * Verifies AWS Signature Version 4 in the Authorization header, as the AWS CLI and SDKs send it:
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 * The raw, still encoded path is what was signed, each segment percent-encoded once more; older versions of curl sign it
 * as it is. Both are the path of this request and of no other that names something.
 */

export interface SignedRequest {
  readonly method: string
  /** As received: percent-encoded, without the query. */
  readonly rawPath: string
  /** As received, without the question mark. */
  readonly rawQuery: string
  readonly headers: Headers
  readonly body: Uint8Array
}

export interface Scope {
  readonly region: string
  readonly service: string
}

/** The secret of an access key id, if this peer may use that key; `sessionToken` is the one sent along. */
export type FindSecret = (
  accessKeyId: string,
  sessionToken: string | undefined,
) => Promise<string | undefined>

/** Returns the access key id that signed the request, or throws the error that AWS would answer. */
export async function verifySignature(
  request: SignedRequest,
  scope: Scope,
  findSecret: FindSecret,
  nowMs: number,
): Promise<string> {
  const authorization = parseAuthorization(request.headers.get('authorization'))
  const amzDate = requestDate(request.headers)
  checkScope(authorization, scope, amzDate)
  const sessionToken = request.headers.get('x-amz-security-token') ?? undefined
  checkSignedHeaders(authorization.signedHeaders, sessionToken)
  const secret = await findSecret(authorization.accessKeyId, sessionToken)
  if (secret === undefined) {
    throw new MskError(
      'UnrecognizedClientException',
      'The security token included in the request is invalid.',
    )
  }
  checkTime(amzDate, nowMs)
  const isSignedAs = (canonicalPath: string) => {
    const expected = signature(request, authorization, amzDate, scope, secret, canonicalPath)
    return equalInConstantTime(expected, authorization.signature)
  }
  const isRight = isSignedAs(encodedAgain(request.rawPath)) || isSignedAs(request.rawPath)
  if (!isRight || !bodyIsWhatWasSigned(request)) {
    throw invalidSignature(
      'The request signature we calculated does not match the signature you provided. Check your AWS Secret ' +
        'Access Key and signing method. Consult the service documentation for details.',
    )
  }
  return authorization.accessKeyId
}

/** The hexadecimal signature of a request: what a client computes and a server compares. */
export function signature(
  request: SignedRequest,
  signed: { readonly date: string; readonly signedHeaders: readonly string[] },
  amzDate: string,
  { region, service }: Scope,
  secret: string,
  canonicalPath = encodedAgain(request.rawPath),
): string {
  const canonical = [
    request.method.toUpperCase(),
    canonicalPath,
    canonicalQuery(request.rawQuery),
    ...signed.signedHeaders.map((name) => `${name}:${canonicalHeader(request.headers.get(name) ?? '')}`),
    '',
    signed.signedHeaders.join(';'),
    sha256(request.body),
  ].join('\n')
  const credentialScope = `${signed.date}/${region}/${service}/${TERMINATOR}`
  const stringToSign = [ALGORITHM, amzDate, credentialScope, sha256(canonical)].join('\n')
  const key = [signed.date, region, service, TERMINATOR].reduce<string | Buffer>(hmac, `AWS4${secret}`)
  return hmac(key, stringToSign).toString('hex')
}

function encodedAgain(rawPath: string): string {
  return rawPath.split('/').map(encode).join('/')
}

/** AWS allows the signing clock to be five minutes off, either way. */
export const MAX_SKEW_MS = 5 * 60 * 1000
export const ALGORITHM = 'AWS4-HMAC-SHA256'

const TERMINATOR = 'aws4_request'

interface Authorization {
  readonly accessKeyId: string
  readonly date: string
  readonly region: string
  readonly service: string
  readonly terminator: string
  readonly signedHeaders: readonly string[]
  readonly signature: string
}

function parseAuthorization(header: string | null): Authorization {
  if (!header) throw new MskError('MissingAuthenticationTokenException', 'Missing Authentication Token')
  const [algorithm, ...rest] = header.trim().split(/\s+/)
  const parts = new Map(
    rest
      .join('')
      .split(',')
      .map((part) => [part.slice(0, part.indexOf('=')), part.slice(part.indexOf('=') + 1)]),
  )
  if (algorithm !== ALGORITHM)
    throw incomplete(`Unsupported AWS 'algorithm': '${algorithm}', use ${ALGORITHM}.`)
  const missing = ['Credential', 'Signature', 'SignedHeaders'].filter((name) => !parts.get(name))
  if (missing.length > 0) {
    throw incomplete(missing.map((name) => `Authorization header requires '${name}' parameter.`).join(' '))
  }
  const credential = parts.get('Credential')!.split('/')
  const [accessKeyId, date, region, service, terminator] = credential
  if (!accessKeyId || !date || !region || !service || !terminator || credential.length !== 5) {
    throw incomplete(
      `Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term.`,
    )
  }
  const signedHeaders = parts.get('SignedHeaders')!.split(';')
  return { accessKeyId, date, region, service, terminator, signedHeaders, signature: parts.get('Signature')! }
}

function requestDate(headers: Headers): string {
  const date = headers.get('x-amz-date')
  if (date === null) {
    throw incomplete("Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header.")
  }
  if (!AMZ_DATE.test(date) || Number.isNaN(timeOf(date))) {
    throw incomplete(`Date must be in ISO-8601 'basic format'. Got '${date}'.`)
  }
  return date
}

function checkScope(authorization: Authorization, scope: Scope, amzDate: string): void {
  if (authorization.region !== scope.region) {
    throw invalidSignature(
      `Credential should be scoped to a valid region, not '${authorization.region}': use '${scope.region}'.`,
    )
  }
  if (authorization.service !== scope.service) {
    throw invalidSignature(`Credential should be scoped to correct service: '${scope.service}'.`)
  }
  if (authorization.terminator !== TERMINATOR) {
    throw invalidSignature(`Credential should be scoped with a valid terminator: '${TERMINATOR}'.`)
  }
  if (authorization.date !== amzDate.slice(0, 8)) {
    throw invalidSignature(
      `Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date: ${amzDate}.`,
    )
  }
}

function checkSignedHeaders(names: readonly string[], sessionToken: string | undefined): void {
  const required = ['host', 'x-amz-date', ...(sessionToken === undefined ? [] : ['x-amz-security-token'])]
  for (const name of required) {
    if (!names.includes(name))
      throw invalidSignature(`'${name}' must be a 'SignedHeader' in the AWS Authorization.`)
  }
}

function checkTime(amzDate: string, nowMs: number): void {
  const signedMs = timeOf(amzDate)
  const now = formatAmzDate(nowMs)
  if (signedMs < nowMs - MAX_SKEW_MS) {
    const limit = formatAmzDate(nowMs - MAX_SKEW_MS)
    throw invalidSignature(`Signature expired: ${amzDate} is now earlier than ${limit} (${now} - 5 min.)`)
  }
  if (signedMs > nowMs + MAX_SKEW_MS) {
    const limit = formatAmzDate(nowMs + MAX_SKEW_MS)
    throw invalidSignature(
      `Signature not yet current: ${amzDate} is still later than ${limit} (${now} + 5 min.)`,
    )
  }
}

/** The JavaScript SDK also sends the hash of the body; a hash of something else was not made for this request. */
function bodyIsWhatWasSigned({ headers, body }: SignedRequest): boolean {
  const claimed = headers.get('x-amz-content-sha256')
  return claimed === null || claimed === sha256(body)
}

/** Pairs as they were meant: decoded, encoded in one way, sorted by the encoded bytes. */
function canonicalQuery(rawQuery: string): string {
  return rawQuery
    .split('&')
    .filter((pair) => pair !== '')
    .map((pair) => {
      const at = pair.indexOf('=')
      const [name, value] = at < 0 ? [pair, ''] : [pair.slice(0, at), pair.slice(at + 1)]
      return [encode(decode(name)), encode(decode(value))] as const
    })
    .sort(([a, x], [b, y]) => order(a, b) || order(x, y))
    .map(([name, value]) => `${name}=${value}`)
    .join('&')
}

function canonicalHeader(value: string): string {
  return value.trim().replaceAll(/ +/g, ' ')
}

/** RFC 3986: everything but unreserved characters. */
function encode(text: string): string {
  return encodeURIComponent(text).replaceAll(
    /[!'()*]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  )
}

/** A malformed escape was not written by a signer; taken literally it will simply not match. */
function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

const AMZ_DATE = /^(\d{4})(\d{2})(\d{2})T(\d{2})(\d{2})(\d{2})Z$/

function timeOf(amzDate: string): number {
  return Date.parse(amzDate.replace(AMZ_DATE, '$1-$2-$3T$4:$5:$6Z'))
}

export function formatAmzDate(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19).replaceAll(/[-:]/g, '')}Z`
}

function equalInConstantTime(a: string, b: string): boolean {
  return timingSafeEqual(Buffer.from(sha256(a)), Buffer.from(sha256(b)))
}

function sha256(data: string | Uint8Array): string {
  return createHash('sha256').update(data).digest('hex')
}

function hmac(key: string | Buffer, data: string): Buffer {
  return createHmac('sha256', key).update(data).digest()
}

function order(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

function incomplete(message: string): MskError {
  return new MskError('IncompleteSignatureException', message)
}

function invalidSignature(message: string): MskError {
  return new MskError('InvalidSignatureException', message)
}
