/** DescribeTransactions (65): the state of transactional ids, as their coordinator knows it (KIP-664). */
import type { RequestContext } from '../server/context.ts'
import type { Infer } from '../wire/index.ts'
import { defineApi, ErrorCode, t } from '../wire/index.ts'
import { errorCodeOf } from './cluster-facts.ts'

export const DescribeTransactionsApi = defineApi({
  key: 65,
  name: 'DescribeTransactions',
  versions: [0, 0],
  flexible: 0,
  request: { transactionalIds: t.array(t.string()) },
  response: {
    throttleTimeMs: t.int32({ default: 0 }),
    transactionStates: t.array({
      errorCode: t.int16(),
      transactionalId: t.string(),
      transactionState: t.string(),
      transactionTimeoutMs: t.int32(),
      transactionStartTimeMs: t.int64(),
      producerId: t.int64(),
      producerEpoch: t.int16(),
      topics: t.array({ topic: t.string(), partitions: t.array(t.int32()) }),
    }),
  },
})

export type DescribeTransactionsRequest = Infer<typeof DescribeTransactionsApi.request>
export type DescribeTransactionsResponse = Infer<typeof DescribeTransactionsApi.response>

/** Each id by itself. */
export async function handleDescribeTransactions(
  context: RequestContext,
  request: DescribeTransactionsRequest,
) {
  const transactionStates = await Promise.all(
    request.transactionalIds.map((transactionalId) => describeOne(context, transactionalId)),
  )
  return { throttleTimeMs: 0, transactionStates }
}

async function describeOne(context: RequestContext, transactionalId: string) {
  try {
    if (transactionalId === '') return failed(transactionalId, ErrorCode.INVALID_REQUEST)
    return await context.broker.transactions.read(transactionalId, (shard) => shard.describe(transactionalId))
  } catch (error) {
    return failed(transactionalId, errorCodeOf(error))
  }
}

function failed(transactionalId: string, errorCode: number) {
  return {
    errorCode,
    transactionalId,
    transactionState: '',
    transactionTimeoutMs: 0,
    transactionStartTimeMs: 0,
    producerId: 0,
    producerEpoch: 0,
    topics: [],
  }
}
