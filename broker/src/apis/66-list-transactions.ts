/**
 * ListTransactions (66): the transactional ids that this broker coordinates (KIP-664).
 *
 * - 1: by duration (KIP-994); 2: by a regular expression of RE2 for the whole id (KIP-1152)
 */
import { RE2JS, RE2JSException } from 're2js'
import { isTransactionState } from '../coordinators/transactions/index.ts'
import type { RequestContext } from '../server/context.ts'
import type { Infer } from '../wire/index.ts'
import { defineApi, ErrorCode, t } from '../wire/index.ts'

export const ListTransactionsApi = defineApi({
  key: 66,
  name: 'ListTransactions',
  versions: [0, 2],
  flexible: 0,
  request: {
    stateFilters: t.array(t.string()),
    producerIdFilters: t.array(t.int64()),
    durationFilter: t.int64({ since: 1, default: -1 }),
    transactionalIdPattern: t.string({ since: 2, nullable: 2, default: null }),
  },
  response: {
    throttleTimeMs: t.int32({ default: 0 }),
    errorCode: t.int16(),
    unknownStateFilters: t.array(t.string()),
    transactionStates: t.array({
      transactionalId: t.string(),
      producerId: t.int64(),
      transactionState: t.string(),
    }),
  },
})

export type ListTransactionsRequest = Infer<typeof ListTransactionsApi.request>
export type ListTransactionsResponse = Infer<typeof ListTransactionsApi.response>

/** Filters that name nothing known find nothing, and are told. */
export function handleListTransactions(context: RequestContext, request: ListTransactionsRequest) {
  const { transactions, runtime } = context.broker
  const { loaded, isLoading } = transactions.shards()
  if (isLoading) return failed(ErrorCode.COORDINATOR_LOAD_IN_PROGRESS)
  const isWanted = matcherOf(request.transactionalIdPattern)
  if (isWanted === undefined) return failed(ErrorCode.INVALID_REGULAR_EXPRESSION)
  const { stateFilters: states, producerIdFilters: producerIds, durationFilter: durationMs } = request
  const unknownStateFilters = states.filter((name) => !isTransactionState(name))
  const wallMs = runtime.clock.now()
  const filters = { states, producerIds, durationMs, isWanted }
  const transactionStates = loaded.flatMap((shard) => shard.list(filters, wallMs))
  return { throttleTimeMs: 0, errorCode: ErrorCode.NONE, unknownStateFilters, transactionStates }
}

/** Undefined if the pattern is no regular expression. */
function matcherOf(pattern: string | null): ((transactionalId: string) => boolean) | undefined {
  if (pattern === null || pattern === '') return () => true
  try {
    const compiled = RE2JS.compile(pattern)
    return (transactionalId) => compiled.matches(transactionalId)
  } catch (error) {
    if (error instanceof RE2JSException) return undefined
    throw error
  }
}

function failed(errorCode: number) {
  return { throttleTimeMs: 0, errorCode, unknownStateFilters: [], transactionStates: [] }
}
