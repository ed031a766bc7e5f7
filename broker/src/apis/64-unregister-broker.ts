/** UnregisterBroker (64): takes a broker out of the cluster that will not come back (KIP-631). */
import type { RequestContext } from '../server/context.ts'
import type { Infer } from '../wire/index.ts'
import { defineApi, ErrorCode, t } from '../wire/index.ts'
import { refusalOf } from './cluster-facts.ts'

export const UnregisterBrokerApi = defineApi({
  key: 64,
  name: 'UnregisterBroker',
  versions: [0, 0],
  flexible: 0,
  request: { brokerId: t.int32() },
  response: {
    throttleTimeMs: t.int32({ default: 0 }),
    errorCode: t.int16(),
    errorMessage: t.string({ nullable: 0 }),
  },
})

export type UnregisterBrokerRequest = Infer<typeof UnregisterBrokerApi.request>
export type UnregisterBrokerResponse = Infer<typeof UnregisterBrokerApi.response>

/** Forgets a broker. Its replicas stay assigned to it until they are reassigned. */
export async function handleUnregisterBroker(context: RequestContext, { brokerId }: UnregisterBrokerRequest) {
  const { controller } = context.broker
  try {
    await controller.submit('unregisterBroker', { brokerId })
    controller.left(brokerId)
    return { throttleTimeMs: 0, errorCode: ErrorCode.NONE, errorMessage: null }
  } catch (error) {
    const { code, message } = refusalOf(error)
    return { throttleTimeMs: 0, errorCode: code, errorMessage: message }
  }
}
