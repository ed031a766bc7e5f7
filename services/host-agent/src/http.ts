/** JSON over HTTP with bounds on time and size. node:http costs a tenth of fetch's memory and start time. */
import { type LookupAddress, type LookupAllOptions, lookup } from 'node:dns'
import { type IncomingMessage, request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'
import type { LookupFunction } from 'node:net'

export interface PostOptions {
  readonly token: string
  readonly timeoutMs: number
  readonly signal: AbortSignal
}

export class HttpError extends Error {
  override readonly name = 'HttpError'
  /** Undefined if the answer itself was unusable. */
  readonly status: number | undefined

  constructor(
    message: string,
    options: { readonly status?: number | undefined; readonly cause?: unknown } = {},
  ) {
    super(message, { cause: options.cause })
    this.status = options.status
  }
}

const LARGEST_ANSWER_BYTES = 8 * 1024 * 1024

/** Throws HttpError for an answer that is not 200 or not JSON, Node's own error if there is none. */
export async function postJson(url: URL, body: unknown, options: PostOptions): Promise<unknown> {
  const payload = JSON.stringify(body)
  const headers = {
    authorization: `Bearer ${options.token}`,
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(payload),
  }
  return parse(url, await ask(url, { method: 'POST', headers, payload, ...options }))
}

export interface AskOptions {
  readonly method: 'GET' | 'PUT' | 'POST'
  readonly headers: Readonly<Record<string, string | number>>
  readonly payload?: string
  readonly timeoutMs: number
  readonly signal: AbortSignal
}

export interface Answer {
  readonly status: number | undefined
  readonly text: string
}

export function ask(url: URL, { method, headers, payload, ...options }: AskOptions): Promise<Answer> {
  const request = url.protocol === 'https:' ? requestHttps : requestHttp
  const signal = AbortSignal.any([options.signal, AbortSignal.timeout(options.timeoutMs)])
  return new Promise((resolve, reject) => {
    // A connection that is kept would lead to the same address for ever.
    const outgoing = request(
      url,
      { method, headers, signal, agent: false, lookup: anyAddress },
      (response) => {
        readAll(response)
          .then((text) => resolve({ status: response.statusCode, text }))
          .catch(reject)
      },
    )
    outgoing.on('error', reject)
    outgoing.end(payload)
  })
}

/** Of several control planes behind one name, one leads: each request begins with any of them. */
const anyAddress = inAnyOrder(lookup)

type ResolveAll = (
  hostname: string,
  options: LookupAllOptions,
  callback: (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void,
) => void

export function inAnyOrder(resolveAll: ResolveAll): LookupFunction {
  return (hostname, options, callback) =>
    resolveAll(hostname, { ...options, all: true }, (error, addresses) => {
      const [first, ...others] = shuffled(addresses ?? [])
      if (error !== null || first === undefined) callback(error, [])
      else if (options.all === true) callback(null, [first, ...others])
      else callback(null, first.address, first.family)
    })
}

function shuffled<T>(items: readonly T[]): T[] {
  return items
    .map((item) => ({ item, place: Math.random() }))
    .sort((a, b) => a.place - b.place)
    .map(({ item }) => item)
}

async function readAll(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let sizeBytes = 0
  for await (const chunk of response) {
    const bytes = Buffer.from(chunk)
    sizeBytes += bytes.length
    if (sizeBytes > LARGEST_ANSWER_BYTES)
      throw new HttpError(`the answer exceeds ${LARGEST_ANSWER_BYTES} bytes`)
    chunks.push(bytes)
  }
  return Buffer.concat(chunks).toString('utf8')
}

function parse(url: URL, { status, text }: Answer): unknown {
  if (status !== 200) {
    throw new HttpError(`${url.pathname} answered ${status}: ${text.slice(0, 200)}`, { status })
  }
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new HttpError(`${url.pathname} answered something that is not JSON`, { cause: error })
  }
}
