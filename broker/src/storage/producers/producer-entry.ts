/** What is known of one producer on a partition. */
const SEQUENCE_MAX = 0x7fffffff

/** Which producer, in which of its epochs. */
export interface ProducerStamp {
  readonly producerId: number
  readonly producerEpoch: number
}

export interface ProducerBatch {
  readonly lastSequence: number
  readonly lastOffset: number
  readonly offsetDelta: number
  readonly timestampMs: number
}

export interface ProducerEntry {
  readonly producerId: number
  producerEpoch: number
  /** Of the transaction coordinator that wrote the last marker; -1 before the first. */
  coordinatorEpoch: number
  lastTimestampMs: number
  /** -1 outside of a transaction. */
  currentTransactionFirstOffset: number
  /** Oldest first, at most five. */
  readonly batches: ProducerBatch[]
}

/** Sequences wrap from 2^31-1 to 0. */
export function addSequence(sequence: number, increment: number): number {
  const sum = sequence + increment
  return sum > SEQUENCE_MAX ? sum - SEQUENCE_MAX - 1 : sum
}

export function subtractSequence(sequence: number, decrement: number): number {
  const difference = sequence - decrement
  return difference < 0 ? difference + SEQUENCE_MAX + 1 : difference
}
