/**
 * Envelope (58): a broker forwards a client's request to the controller, with the client's principal
 * (KIP-590).
 */
import type { RequestContext } from '../server/context.ts'
import type { Infer } from '../wire/index.ts'
import { defineApi, ErrorCode, t } from '../wire/index.ts'

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
 * Serves a client's request that another broker passed on, because only the active controller may (KIP-590).
 */
export async function handleEnvelope(context: RequestContext, request: EnvelopeRequest) {
  const { controller, dispatcher } = context.broker
  if (!controller.isActive) return { responseData: null, errorCode: ErrorCode.NOT_CONTROLLER }
  const clientHost = addressText(request.clientHostAddress)
  return {
    responseData: await dispatcher.serveForwarded(request.requestData, clientHost),
    errorCode: ErrorCode.NONE,
  }
}

/** Addresses travel as text: what Kafka sends as raw bytes is for its own brokers only. */
function addressText(address: Buffer): string {
  return address.toString('utf8')
}
