import { ALGORITHM, formatAmzDate, signature } from '../api/http/sigv4.ts'
import { DEVELOPMENT_KEY } from '../model/access-keys.ts'

/** MSK's API as a caller sees it: what custom resources do passes the same checks as anybody's request. */
export type CallApi = (method: string, target: string, body?: unknown) => Promise<ApiAnswer>

export interface ApiAnswer {
  readonly status: number
  readonly body: Readonly<Record<string, unknown>>
}

export interface InternalCallOptions {
  readonly region: string
  readonly now: () => number
  readonly fetch: (request: Request, bindings: { peerAddress: string }) => Response | Promise<Response>
}

/** Calls the API of this very process, signed with the key that is good only where the peer is this machine. */
export function internalCalls({ region, now, fetch }: InternalCallOptions): CallApi {
  const scope = { region, service: 'kafka' }
  const { accessKeyId, secretAccessKey } = DEVELOPMENT_KEY
  return async (method, target, body) => {
    const [rawPath = '', rawQuery = ''] = target.split('?')
    const text = body === undefined ? '' : JSON.stringify(body)
    const amzDate = formatAmzDate(now())
    const date = amzDate.slice(0, 8)
    const headers = new Headers({ host: HOST, 'x-amz-date': amzDate })
    const request = { method, rawPath, rawQuery, headers, body: Buffer.from(text) }
    const signed = signature(request, { date, signedHeaders: SIGNED }, amzDate, scope, secretAccessKey)
    const credential = `${accessKeyId}/${date}/${region}/${scope.service}/aws4_request`
    headers.set(
      'authorization',
      `${ALGORITHM} Credential=${credential}, SignedHeaders=${SIGNED.join(';')}, Signature=${signed}`,
    )
    const init = { method, headers, ...(body === undefined ? {} : { body: text }) }
    const response = await fetch(new Request(`http://${HOST}${target}`, init), { peerAddress: LOOPBACK })
    const answer = await response.text()
    return { status: response.status, body: answer === '' ? {} : JSON.parse(answer) }
  }
}

/** A refusal in MSK's words. What the service could not do for now is thrown, and so tried again. */
export function refusalOf({ status, body }: ApiAnswer): string | undefined {
  if (status < 400) return undefined
  const message = typeof body.message === 'string' ? body.message : `HTTP ${status}`
  if (status >= 500 || status === 429) throw new Error(message)
  return message
}

const LOOPBACK = '127.0.0.1'
const HOST = `${LOOPBACK}:9690`
const SIGNED = ['host', 'x-amz-date']
