import type { Partition } from '../../replication/partition/partition.ts'
import type { RequestContext } from '../../server/context.ts'
import type { VerificationGuard } from '../../storage/index.ts'
import {
  baseSequence,
  ErrorCode,
  isTransactionalBatch,
  KafkaError,
  producerEpoch,
  producerId,
} from '../../wire/index.ts'
import { verificationError } from '../transaction-errors.ts'

/** What lets the batch in; with a promise, when the coordinator has agreed. It rejects with KafkaError. */
export type BegunTransaction = VerificationGuard | Promise<VerificationGuard | undefined>

const ABORTABLE_SINCE = 11
const ADDS_SINCE = 12

/**
 * Before a producer's first batch of a transaction on a partition its coordinator is asked whether the partition is
 * part of it; since version 12 it becomes that by being asked (KIP-890). Undefined if the transaction is open already.
 */
export function beginTransaction(
  context: RequestContext,
  partition: Partition,
  transactionalId: string | null,
  batch: Buffer,
): BegunTransaction | undefined {
  if (!isTransactionalBatch(batch, 0) || transactionalId === null) return undefined
  const { verifier, config } = context.broker
  const producer = { producerId: producerId(batch, 0), producerEpoch: producerEpoch(batch, 0) }
  const adds = context.apiVersion >= ADDS_SINCE
  // With an epoch of its own a transaction begins at 0: what begins later has lost what came before, with its topic.
  const guard = verifier.guard(partition.log, producer, adds ? 0 : baseSequence(batch, 0))
  if (guard.taken === undefined) return undefined
  if (!adds && !config.settings['transaction.partition.verification.enable']) return guard.taken
  const { topic, index } = partition
  const question = { ...producer, transactionalId, topic, partition: index, adds, guard }
  return verifier.ask(question).then((code) => {
    if (code !== ErrorCode.NONE) throw refusal(code, context.apiVersion >= ABORTABLE_SINCE)
    return guard.taken
  })
}

function refusal(code: number, knowsAbortable: boolean): KafkaError {
  const told = verificationError(code, knowsAbortable)
  if (told === ErrorCode.INVALID_TXN_STATE)
    return new KafkaError(told, 'Partition was not added to the transaction')
  if (told === code) return new KafkaError(told)
  const why = new KafkaError(code)
  return new KafkaError(
    told,
    `Unable to verify the partition has been added to the transaction. Underlying error: ${why.message}`,
  )
}
