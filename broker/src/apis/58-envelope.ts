/**
 * Envelope (58): a broker forwards a client's request to the controller, with the client's principal
 * (KIP-590).
 */
import type { RequestContext } from '../server/context.ts'
import type { Infer } from '../wire/index.ts'
import { defineApi, ErrorCode, KafkaError, t, WireError } from '../wire/index.ts'

export const EnvelopeApi = defineApi({
  key: 58,
  name: 'Envelope',
  versions: [0, 0],
  flexible: 0,
  request: {
    /** Header and body of the client's request. */
    requestData: t.bytes(),
    requestPrincipal: t.bytes({ nullable: 0 }),
    clientHostAddress: t.bytes(),
  },
  response: {
    /** Header and body of the response for the client. */
    responseData: t.bytes({ nullable: 0, default: null }),
    errorCode: t.int16(),
  },
})

export type EnvelopeRequest = Infer<typeof EnvelopeApi.request>
export type EnvelopeResponse = Infer<typeof EnvelopeApi.response>

/**
 * Serves a client's request that another broker passed on, because only the active controller may (KIP-590). What
 * goes wrong is that client's business: the connection is shared by all that the other broker has to say.
 */
export async function handleEnvelope(context: RequestContext, request: EnvelopeRequest) {
  const { controller, dispatcher } = context.broker
  if (!controller.isActive) return { responseData: null, errorCode: ErrorCode.NOT_CONTROLLER }
  const clientHost = addressText(request.clientHostAddress)
  try {
    const responseData = await dispatcher.serveForwarded(request.requestData, clientHost)
    return { responseData, errorCode: ErrorCode.NONE }
  } catch (error) {
    return { responseData: null, errorCode: failureCode(context, error) }
  }
}

function failureCode({ broker }: RequestContext, error: unknown): number {
  if (error instanceof KafkaError) return error.code
  if (error instanceof WireError) return ErrorCode.INVALID_REQUEST
  broker.logger.error('a forwarded request failed', { error })
  return ErrorCode.UNKNOWN_SERVER_ERROR
}

/** Addresses travel as text: what Kafka sends as raw bytes is for its own brokers only. */
function addressText(address: Buffer): string {
  return address.toString('utf8')
}
