/** JSON over HTTP with bounds on time and size. node:http costs a tenth of fetch's memory and start time. */
import { type IncomingMessage, request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'

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
    const outgoing = request(url, { method, headers, signal }, (response) => {
      readAll(response)
        .then((text) => resolve({ status: response.statusCode, text }))
        .catch(reject)
    })
    outgoing.on('error', reject)
    outgoing.end(payload)
  })
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
