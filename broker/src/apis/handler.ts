import type { RequestContext } from '../server/context.ts'
import type { Api, DraftFields, Fields, InferFields } from '../wire/index.ts'

/** What an API comes to: the response body; undefined where the protocol has none (acks=0). */
export type Served<Response extends Fields> = DraftFields<Response> | undefined

export interface ApiHandler {
  readonly api: Api
  /** A controller API that reaches another broker is passed on to the active controller. */
  readonly servedBy: 'broker' | 'controller'
  /** A request of a controller API that only the broker can serve that the client sent it to. */
  isForThisBroker?(request: never): boolean
  /** Told to clients by ApiVersions, as Kafka does it. */
  readonly advertised: boolean
  /** Quotas do not count it: brokers ask each other. */
  readonly isExempt: boolean
  /** The connection may take its next request before this one is answered. */
  readonly pipelined: boolean
  handle(context: RequestContext, request: never): Served<Fields> | Promise<Served<Fields>>
}

type Options<Request extends Fields> = Partial<
  Pick<ApiHandler, 'servedBy' | 'advertised' | 'isExempt' | 'pipelined'>
> & {
  isForThisBroker?(request: InferFields<Request>): boolean
}

/** Joins an API with the function that serves it. */
export function serve<Request extends Fields, Response extends Fields>(
  api: Api<Request, Response>,
  handle: (
    context: RequestContext,
    request: InferFields<Request>,
  ) => Served<Response> | Promise<Served<Response>>,
  options: Options<Request> = {},
): ApiHandler {
  const usual = { servedBy: 'broker', advertised: true, isExempt: false, pipelined: false } as const
  return { ...usual, ...options, api, handle } as ApiHandler
}
