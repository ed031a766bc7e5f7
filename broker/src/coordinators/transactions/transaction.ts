/**
 * What is known of one transactional id: its producer, and its transaction if one is open. Values that never change:
 * each step makes a new one.
 */

/** The numbers are those of `__transaction_state`. */
export const transactionStates = [
  'Empty',
  'Ongoing',
  'PrepareCommit',
  'PrepareAbort',
  'CompleteCommit',
  'CompleteAbort',
  'Dead',
  'PrepareEpochFence',
] as const
export type TransactionState = (typeof transactionStates)[number]

export const NO_PRODUCER_ID = -1
export const NO_EPOCH = -1
const EPOCH_MAX = 0x7fff

export interface TopicPartition {
  readonly topic: string
  readonly partition: number
}

/** Partitions by topic. */
export type Partitions = ReadonlyMap<string, ReadonlySet<number>>
export const NO_PARTITIONS: Partitions = new Map()

export interface Transaction {
  readonly transactionalId: string
  readonly producerId: number
  /** The one before, when the epochs of that were used up. */
  readonly previousProducerId: number
  /** The one that takes over once the transaction is complete; -1 if it stays. */
  readonly nextProducerId: number
  /** -1 of a transactional id that no producer has yet. */
  readonly producerEpoch: number
  /** The epoch before this one, which a client that missed an answer may still name; -1 if none. */
  readonly lastProducerEpoch: number
  readonly timeoutMs: number
  readonly state: TransactionState
  readonly partitions: Partitions
  /** -1 before the first. */
  readonly startMs: number
  readonly lastUpdateMs: number
  /** 2 if the client's brokers add partitions, and each transaction has an epoch of its own (KIP-890). */
  readonly clientVersion: number
}

export function newTransaction(transactionalId: string, producerId: number, wallMs: number): Transaction {
  return {
    transactionalId,
    producerId,
    previousProducerId: NO_PRODUCER_ID,
    nextProducerId: NO_PRODUCER_ID,
    producerEpoch: NO_EPOCH,
    lastProducerEpoch: NO_EPOCH,
    timeoutMs: 0,
    state: 'Empty',
    partitions: NO_PARTITIONS,
    startMs: -1,
    lastUpdateMs: wallMs,
    clientVersion: 0,
  }
}

/** The last epoch is for fencing: no producer ever gets it. */
export function isEpochExhausted(epoch: number): boolean {
  return epoch >= EPOCH_MAX - 1
}

export function bumpsEpoch(clientVersion: number): boolean {
  return clientVersion >= 2
}

export function isPreparing({ state }: Transaction): boolean {
  return state === 'PrepareCommit' || state === 'PrepareAbort'
}

export function contains({ partitions }: Transaction, { topic, partition }: TopicPartition): boolean {
  return partitions.get(topic)?.has(partition) ?? false
}

export function withPartitions(partitions: Partitions, added: readonly TopicPartition[]): Partitions {
  const next = new Map(partitions)
  const own = new Map<string, Set<number>>()
  for (const { topic, partition } of added) {
    let indexes = own.get(topic)
    if (indexes === undefined) {
      indexes = new Set(next.get(topic))
      own.set(topic, indexes)
      next.set(topic, indexes)
    }
    indexes.add(partition)
  }
  return next
}

export function withoutPartitions(partitions: Partitions, removed: readonly TopicPartition[]): Partitions {
  const next = new Map([...partitions].map(([topic, indexes]) => [topic, new Set(indexes)] as const))
  for (const { topic, partition } of removed) {
    const indexes = next.get(topic)
    if (indexes?.delete(partition) && indexes.size === 0) next.delete(topic)
  }
  return next
}

export function listPartitions(partitions: Partitions): TopicPartition[] {
  return [...partitions].flatMap(([topic, indexes]) =>
    [...indexes].map((partition) => ({ topic, partition })),
  )
}
