/**
 * EndTxn (26): commits or aborts a transaction (KIP-98).
 *
 * - 2: PRODUCER_FENCED (KIP-588); 3: flexible; 4: TRANSACTION_ABORTABLE
 * - 5: each transaction has an epoch of its own, the answer tells the next one (KIP-890)
 */
import type { RequestContext } from '../server/context.ts'
import type { Infer } from '../wire/index.ts'
import { defineApi, ErrorCode, t } from '../wire/index.ts'
import { errorCodeOf } from './cluster-facts.ts'
import { fencedCode } from './transaction-errors.ts'

export const EndTxnApi = defineApi({
  key: 26,
  name: 'EndTxn',
  versions: [0, 5],
  flexible: 3,
  request: {
    transactionalId: t.string(),
    producerId: t.int64(),
    producerEpoch: t.int16(),
    committed: t.bool(),
  },
  response: {
    throttleTimeMs: t.int32({ default: 0 }),
    errorCode: t.int16(),
    producerId: t.int64({ since: 5, default: -1, ignorable: true }),
    producerEpoch: t.int16({ since: 5, default: -1, ignorable: true }),
  },
})

export type EndTxnRequest = Infer<typeof EndTxnApi.request>
export type EndTxnResponse = Infer<typeof EndTxnApi.response>

/** Answers when the decision is written; the markers follow. */
export async function handleEndTxn(context: RequestContext, request: EndTxnRequest) {
  const { transactionalId, producerId, producerEpoch, committed: isCommit } = request
  if (transactionalId === '') return failed(ErrorCode.INVALID_REQUEST)
  const transactionVersion = context.apiVersion >= EPOCHS_SINCE ? 2 : 0
  try {
    const wanted = { transactionalId, producerId, producerEpoch, isCommit, transactionVersion }
    const answer = await context.broker.transactions.endTransaction(wanted)
    const errorCode = fencedCode(answer.errorCode, context.apiVersion >= PRODUCER_FENCED_SINCE)
    return { throttleTimeMs: 0, ...answer, errorCode }
  } catch (error) {
    return failed(errorCodeOf(error))
  }
}

const PRODUCER_FENCED_SINCE = 2
const EPOCHS_SINCE = 5

function failed(errorCode: number) {
  return { throttleTimeMs: 0, errorCode, producerId: -1, producerEpoch: -1 }
}
