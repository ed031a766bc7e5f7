/** Why a producer's batch may not be appended, with Kafka's codes. */
import { type EndTransactionMarker, ErrorCode, KafkaError } from '../../wire/index.ts'
import { addSequence, type ProducerBatch, type ProducerEntry, subtractSequence } from './producer-entry.ts'

const NO_EPOCH = -1
export const NO_SEQUENCE = -1

export function findDuplicate(entry: ProducerEntry, first: number, last: number): ProducerBatch | undefined {
  return entry.batches.find(
    (batch) => batch.lastSequence === last && subtractSequence(last, batch.offsetDelta) === first,
  )
}

export function checkEpoch(entry: ProducerEntry, epoch: number): void {
  if (epoch >= entry.producerEpoch) return
  throw new KafkaError(
    ErrorCode.INVALID_PRODUCER_EPOCH,
    `Epoch of producer ${entry.producerId} is ${epoch}, which is smaller than the last seen epoch ${entry.producerEpoch}`,
  )
}

export function checkSequence(entry: ProducerEntry, epoch: number, first: number): void {
  const { producerId, producerEpoch } = entry
  const last = entry.batches.at(-1)?.lastSequence ?? NO_SEQUENCE
  if (epoch !== producerEpoch) {
    if (first !== 0 && producerEpoch !== NO_EPOCH) throw outOfOrder(producerId, epoch, first, NO_SEQUENCE)
    return
  }
  const expected = last === NO_SEQUENCE ? 0 : addSequence(last, 1)
  if (first !== expected) throw outOfOrder(producerId, epoch, first, last)
}

export function outOfOrder(producerId: number, epoch: number, first: number, last: number): KafkaError {
  return new KafkaError(
    ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER,
    `Out of order sequence number for producer ${producerId} with epoch ${epoch}: ` +
      `${first} (incoming seq. number), ${last} (current end sequence number)`,
  )
}

export function notTransactional({ producerId }: ProducerEntry): KafkaError {
  return new KafkaError(
    ErrorCode.INVALID_TXN_STATE,
    `Expected transactional write from producer ${producerId}`,
  )
}

export function notInTransaction(producerId: number): KafkaError {
  return new KafkaError(
    ErrorCode.INVALID_TXN_STATE,
    `The record of producer ${producerId} is not part of an ongoing transaction of this partition`,
  )
}

export function coordinatorFenced(entry: ProducerEntry, marker: EndTransactionMarker): KafkaError {
  return new KafkaError(
    ErrorCode.TRANSACTION_COORDINATOR_FENCED,
    `Invalid coordinator epoch for producer ${entry.producerId}: ${marker.coordinatorEpoch}, ` +
      `${entry.coordinatorEpoch} (current)`,
  )
}
