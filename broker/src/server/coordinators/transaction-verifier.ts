import { AddPartitionsToTxnApi } from '../../apis/24-add-partitions-to-txn.ts'
import { TRANSACTIONS_TOPIC } from '../../cluster/index.ts'
import { coordinatorPartition } from '../../coordinators/coordinator-partition.ts'
import type { TopicPartition, TransactionRef } from '../../coordinators/transactions/index.ts'
import type { Runtime } from '../../runtime/types.ts'
import type { ProducerStamp } from '../../storage/index.ts'
import { ErrorCode, KafkaError } from '../../wire/index.ts'
import type { BrokerLinks } from '../broker-links.ts'
import type { TransactionCoordinator } from './transaction-coordinator.ts'
import { TransactionGuard, type TransactionLog } from './transaction-guard.ts'

interface Led {
  readonly partitions: readonly { readonly leader: number }[]
}

export interface VerifierParts {
  readonly brokerId: number
  readonly runtime: Pick<Runtime, 'clock' | 'timers'>
  readonly cluster: { readonly topics: ReadonlyMap<string, Led> }
  readonly links: Pick<BrokerLinks, 'to'>
  readonly coordinator: Pick<TransactionCoordinator, 'addPartitions' | 'verifyPartitions'>
  /** `add.partitions.to.txn.retry.backoff.ms` and `.max.ms` */
  readonly retryMs: number
  readonly retryMsMax: number
}

export interface Question extends TransactionRef, TopicPartition {
  /** Makes the partition part of the transaction (version 2); otherwise it must be already. */
  readonly adds: boolean
  /** Taken anew whenever the coordinator is asked again: the marker of the transaction before makes it void. */
  readonly guard: TransactionGuard
}

interface Waiting {
  readonly partition: TopicPartition
  /** Of all who ask for this partition. */
  readonly guards: TransactionGuard[]
  readonly resolve: (errorCode: number) => void
}

interface Batch {
  readonly ref: TransactionRef
  readonly adds: boolean
  readonly untilMs: number
  readonly waiting: Waiting[]
}

const REQUEST_TIMEOUT_MS = 10_000

/**
 * Asks a transaction's coordinator before its first batch on a partition is appended (KIP-890): a zombie, or a batch
 * that comes late, must not begin a transaction that nobody will end. The questions of one turn about a transaction
 * go together; who asks the same meanwhile gets the same answer, in the order of asking.
 */
export class TransactionVerifier {
  readonly #parts: VerifierParts
  readonly #asked = new Map<
    string,
    { readonly answer: Promise<number>; readonly guards: Waiting['guards'] }
  >()
  readonly #gathered = new Map<string, Batch>()

  constructor(parts: VerifierParts) {
    this.#parts = parts
  }

  /** What is to let a producer's first batch of a transaction into the log; of that batch is the sequence. */
  guard(log: TransactionLog, producer: ProducerStamp, sequence: number): TransactionGuard {
    return new TransactionGuard(log, producer, sequence, this.#parts.runtime.clock)
  }

  /** Resolves with the coordinator's error code. */
  ask(question: Question): Promise<number> {
    const { adds, topic, partition, guard, ...ref } = question
    const key = `${transactionKey(question)}/${topic}/${partition}`
    const known = this.#asked.get(key)
    if (known !== undefined) {
      known.guards.push(guard)
      return known.answer
    }
    const guards = [guard]
    const answer = new Promise<number>((resolve) =>
      this.#gather({ ...ref, adds }, { partition: { topic, partition }, guards, resolve }),
    )
    this.#asked.set(key, { answer, guards })
    const forget = () => this.#asked.delete(key)
    answer.then(forget, forget)
    return answer
  }

  #gather({ adds, ...ref }: TransactionRef & Pick<Question, 'adds'>, waiting: Waiting): void {
    const { runtime, retryMsMax } = this.#parts
    const key = transactionKey({ adds, ...ref })
    let batch = this.#gathered.get(key)
    if (batch === undefined) {
      batch = { ref, adds, untilMs: runtime.clock.monotonic() + retryMsMax, waiting: [] }
      this.#gathered.set(key, batch)
      runtime.timers.endOfTurn(() => {
        const gathered = this.#gathered.get(key)
        this.#gathered.delete(key)
        if (gathered !== undefined) this.#send(gathered)
      })
    }
    batch.waiting.push(waiting)
  }

  #send(batch: Batch): void {
    this.#answerOf(batch).then(
      (codes) => this.#answered(batch, codes),
      (error) => {
        const code = error instanceof KafkaError ? error.code : ErrorCode.UNKNOWN_SERVER_ERROR
        for (const { resolve } of batch.waiting) resolve(code)
      },
    )
  }

  /** The transaction before this one may still be ending: it takes a moment, and the client need not know. */
  #answered(batch: Batch, codes: readonly number[]): void {
    const { clock, timers } = this.#parts.runtime
    // Its marker may have come between this question and its answer.
    const isVoid = batch.adds && codes[0] === ErrorCode.NONE && takeGuards(batch)
    const isEnding = isVoid || (batch.adds && codes[0] === ErrorCode.CONCURRENT_TRANSACTIONS)
    if (isEnding && clock.monotonic() < batch.untilMs) {
      timers.after(this.#parts.retryMs, () => {
        takeGuards(batch)
        this.#send(batch)
      })
      return
    }
    for (const [index, { resolve }] of batch.waiting.entries()) {
      const code = codes[index] ?? ErrorCode.UNKNOWN_SERVER_ERROR
      resolve(isEnding ? ErrorCode.CONCURRENT_TRANSACTIONS : code)
    }
  }

  async #answerOf({ ref, adds, waiting }: Batch): Promise<readonly number[]> {
    const { brokerId, coordinator, links } = this.#parts
    const partitions = waiting.map(({ partition }) => partition)
    const coordinatorId = this.#coordinatorOf(ref.transactionalId)
    if (coordinatorId === brokerId) {
      if (!adds) return coordinator.verifyPartitions({ ...ref, partitions })
      const code = await coordinator.addPartitions({ ...ref, partitions, transactionVersion: 2 })
      return partitions.map(() => code)
    }
    const client = links.to(coordinatorId)
    if (client === undefined) throw new KafkaError(ErrorCode.COORDINATOR_NOT_AVAILABLE)
    const topics = partitions.map(({ topic, partition }) => ({ name: topic, partitions: [partition] }))
    const transactions = [{ ...ref, verifyOnly: !adds, topics: merged(topics) }]
    const response = await client.request(AddPartitionsToTxnApi, { transactions }, REQUEST_TIMEOUT_MS)
    if (response.errorCode !== ErrorCode.NONE) throw new KafkaError(response.errorCode)
    const results = response.resultsByTransaction[0]?.topicResults ?? []
    return partitions.map(({ topic, partition }) => {
      const result = results.find(({ name }) => name === topic)
      const found = result?.resultsByPartition.find(({ partitionIndex }) => partitionIndex === partition)
      return found?.partitionErrorCode ?? ErrorCode.UNKNOWN_SERVER_ERROR
    })
  }

  #coordinatorOf(transactionalId: string): number {
    const topic = this.#parts.cluster.topics.get(TRANSACTIONS_TOPIC)
    if (topic === undefined) throw new KafkaError(ErrorCode.COORDINATOR_NOT_AVAILABLE)
    const index = coordinatorPartition(transactionalId, topic.partitions.length)
    const leader = topic.partitions[index]?.leader ?? -1
    if (leader < 0) throw new KafkaError(ErrorCode.COORDINATOR_NOT_AVAILABLE)
    return leader
  }
}

/** Whether one was void. */
function takeGuards({ waiting }: Batch): boolean {
  return waiting.flatMap(({ guards }) => guards.map((guard) => guard.takeAgain())).includes(true)
}

function transactionKey({
  transactionalId,
  producerId,
  producerEpoch,
  adds,
}: TransactionRef & Pick<Question, 'adds'>) {
  return `${adds}/${producerId}/${producerEpoch}/${transactionalId}`
}

function merged(topics: readonly { readonly name: string; readonly partitions: readonly number[] }[]) {
  const byName = new Map<string, number[]>()
  for (const { name, partitions } of topics) byName.set(name, [...(byName.get(name) ?? []), ...partitions])
  return [...byName].map(([name, partitions]) => ({ name, partitions }))
}
