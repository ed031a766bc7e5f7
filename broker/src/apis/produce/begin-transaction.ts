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

export interface BegunTransaction {
  readonly guard: VerificationGuard
  /** Resolves when the coordinator has agreed; rejects with KafkaError. Undefined if it need not be asked. */
  readonly asked: Promise<void> | undefined
}

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
  const { verifier, config, runtime } = context.broker
  const producer = { producerId: producerId(batch, 0), producerEpoch: producerEpoch(batch, 0) }
  const guard = partition.log.beginVerification(producer, baseSequence(batch, 0), runtime.clock.monotonic())
  if (guard === undefined) return undefined
  const adds = context.apiVersion >= ADDS_SINCE
  if (!adds && !config.settings['transaction.partition.verification.enable'])
    return { guard, asked: undefined }
  const { topic, index } = partition
  const asked = verifier.ask({ ...producer, transactionalId, topic, partition: index, adds }).then((code) => {
    if (code !== ErrorCode.NONE) throw refusal(code, context.apiVersion >= ABORTABLE_SINCE)
  })
  return { guard, asked }
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
