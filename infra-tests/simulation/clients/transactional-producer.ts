/**
 * A producer with a transactional id (KIP-98): transactions of a few records over all partitions, sometimes with the
 * offsets of a group, committed or aborted, and with what others have committed read in between. Several may have the
 * same id: they fence one another.
 */
import { ErrorCode } from '@freshet/broker/wire'
import type { HistoryRecorder } from '../checker/recorder.ts'
import type { ClientWorld } from './client-world.ts'
import { ClusterClient } from './cluster-client.ts'
import { type Keys, keyOf } from './keyed-records.ts'
import { PartitionReader } from './partition-reader.ts'
import { type Code, type Identity, TransactionProtocol } from './transaction-protocol.ts'

export interface TransactionalOptions {
  readonly topic: string
  readonly transactionalId: string
  readonly version: 1 | 2
  readonly timeoutMs: number
  readonly meanIntervalMs: number
  /** Of its records, if they have any. */
  readonly keys?: Keys | undefined
}

const FENCED_PAUSE_MS = 3000
/** Now and then one stands still before it ends its transaction, and may be replaced meanwhile: then it is a zombie. */
const STANDSTILL_CHANCE = 0.25
const STANDSTILL_MS_MAX = 4000
const READ_CHANCE = 0.5
const POLLS_MAX = 20
const READ_WAIT_MS = 100

type Outcome = 'done' | 'failed' | 'inDoubt'

/** Whoever gets one of these has nothing more to say in this transaction. */
const FINAL = new Set<number>([
  ErrorCode.INVALID_PRODUCER_EPOCH,
  ErrorCode.PRODUCER_FENCED,
  ErrorCode.INVALID_PRODUCER_ID_MAPPING,
  ErrorCode.INVALID_TXN_STATE,
  ErrorCode.TRANSACTION_ABORTABLE,
  ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER,
  ErrorCode.UNKNOWN_PRODUCER_ID,
])
/** Refused before anything was written. */
const NOT_WRITTEN = new Set<number>([
  ...FINAL,
  ErrorCode.NOT_ENOUGH_REPLICAS,
  ErrorCode.CONCURRENT_TRANSACTIONS,
  ErrorCode.NOT_COORDINATOR,
  ErrorCode.COORDINATOR_LOAD_IN_PROGRESS,
  ErrorCode.LEADER_NOT_AVAILABLE,
])

export class TransactionalProducer {
  readonly client: ClusterClient
  /** Transactions that were acknowledged as committed. */
  committed = 0
  readonly group: string
  readonly #history: HistoryRecorder
  readonly #options: TransactionalOptions
  readonly #protocol: TransactionProtocol
  #identity: Identity | undefined
  readonly #sequences = new Map<number, number>()
  /** What it has read of each partition. */
  readonly #readers = new Map<number, PartitionReader>()
  #number = 0
  #isFinishing = false

  constructor(world: ClientWorld, name: string, history: HistoryRecorder, options: TransactionalOptions) {
    this.client = new ClusterClient(world, name)
    this.group = `group-of-${name}`
    this.#history = history
    this.#options = options
    const { transactionalId, version, timeoutMs } = options
    this.#protocol = new TransactionProtocol(this.client, transactionalId, version, timeoutMs)
    world.spawn(name, this.#run())
  }

  /** No further transaction begins; `isFinished` when the last one is over. */
  finish(): void {
    this.#isFinishing = true
  }

  isFinished = false

  /** Asks until it is told what the group has committed. */
  async recordCommittedOffset(): Promise<void> {
    const { client } = this
    const partition = `${this.#options.topic}-0`
    const op = this.#history.invoke(client.name, {
      name: 'fetchOffsets',
      group: this.group,
      partitions: [partition],
    })
    for (;;) {
      const offset = await this.#protocol.committedOffset(this.group, this.#options.topic)
      if (offset !== undefined) {
        this.#history.ok(op, { offsets: { [partition]: offset } })
        return
      }
      await client.refresh([this.#options.topic])
    }
  }

  async #run(): Promise<void> {
    const { client } = this
    const { topic, meanIntervalMs } = this.#options
    while (!this.#isFinishing && !client.isStopped) {
      if ((client.topics.get(topic)?.partitions.size ?? 0) === 0) await client.refresh([topic])
      else if (this.#identity === undefined) await this.#init()
      else {
        await this.#transaction(this.#identity)
        await client.sleep(client.dice.around(meanIntervalMs))
      }
    }
    // What it commits last, an abort takes back: else the next commit would hide what the abort has left.
    if (this.#identity !== undefined && !client.isStopped) await this.#transaction(this.#identity, true)
    this.isFinished = true
  }

  async #init(): Promise<void> {
    const { client } = this
    this.#identity = await this.#protocol.init()
    this.#sequences.clear()
    // The coordinator may be a broker that was not there when the brokers were last asked for.
    if (this.#identity === undefined) await client.refresh([this.#options.topic])
    else this.#history.notice(client.name, { name: 'newProducerId' })
  }

  async #transaction(identity: Identity, isLast = false): Promise<void> {
    const { client } = this
    const transaction = `${client.name}:${++this.#number}`
    const { timeoutMs, topic } = this.#options
    const begin = this.#history.invoke(client.name, { name: 'beginTransaction', transaction, timeoutMs })
    this.#history.ok(begin)
    const count = client.topics.get(topic)?.partitions.size ?? 0
    let outcome: Outcome = 'done'
    for (let left = client.dice.between(1, 4); left > 0 && outcome === 'done'; left--)
      outcome = await this.#send(identity, transaction, client.dice.between(0, count - 1), left)
    if (client.dice.chance(READ_CHANCE)) await this.#read(transaction, client.dice.between(0, count - 1))
    if (outcome === 'done' && (isLast || client.dice.chance(0.5)))
      outcome = await this.#commitOffset(identity, transaction)
    if (client.dice.chance(STANDSTILL_CHANCE)) await client.pause(client.dice.between(0, STANDSTILL_MS_MAX))
    const isCommit = outcome === 'done' && !isLast && client.dice.chance(0.7)
    await this.#end(identity, transaction, isCommit, outcome !== 'done')
  }

  async #send(identity: Identity, transaction: string, partition: number, left: number): Promise<Outcome> {
    const { topic, version, keys } = this.#options
    const value = `${transaction}/${left}`
    const call = {
      name: 'send',
      partition: `${topic}-${partition}`,
      value,
      idempotent: true,
      transaction,
      ...keyOf(value, keys),
    } as const
    const op = this.#history.invoke(this.client.name, call)
    const sequence = this.#sequences.get(partition) ?? 0
    let offset = -1
    const outcome = await this.#persist(async () => {
      if (version === 1) {
        const added = await this.#protocol.addPartition(identity, topic, partition)
        if (added !== ErrorCode.NONE) return added ?? ErrorCode.NOT_COORDINATOR
      }
      const answer = await this.#protocol.send(identity, { topic, partition, sequence, value, keys })
      offset = answer.offset
      return answer.code
    })
    if (outcome === 'done') {
      this.#history.ok(op, offset < 0 ? {} : { offset })
      this.#sequences.set(partition, sequence + 1)
    } else if (outcome === 'failed') this.#history.fail(op, 'refused')
    else this.#history.info(op, 'given up')
    return outcome
  }

  /** What others have committed, as whoever consumes, transforms and produces does: to the end, or far. */
  async #read(transaction: string, partition: number): Promise<void> {
    const reader = this.#readers.get(partition) ?? this.#assign(partition)
    reader.transaction = transaction
    for (let polls = 0; polls < POLLS_MAX && (await reader.poll()) > 0; polls++);
  }

  #assign(partition: number): PartitionReader {
    const { topic } = this.#options
    const options = { rackId: '', usesSessions: false, readCommitted: true, maxWaitMs: READ_WAIT_MS }
    const reader = new PartitionReader(this.client, this.#history, {
      topic,
      partition,
      position: 0,
      ...options,
    })
    this.#readers.set(partition, reader)
    this.#history.notice(this.client.name, { name: 'seek', partition: reader.name, offset: 0 })
    return reader
  }

  async #commitOffset(identity: Identity, transaction: string): Promise<Outcome> {
    const { topic } = this.#options
    const offset = this.#number
    const call = {
      name: 'commitOffsets',
      group: this.group,
      offsets: { [`${topic}-0`]: offset },
      transaction,
    } as const
    const op = this.#history.invoke(this.client.name, call)
    const outcome = await this.#persist(() =>
      this.#protocol.commitOffset(identity, this.group, topic, offset),
    )
    if (outcome === 'done') this.#history.ok(op)
    else if (outcome === 'failed') this.#history.fail(op, 'refused')
    else this.#history.info(op, 'given up')
    return outcome
  }

  async #end(identity: Identity, transaction: string, isCommit: boolean, isBroken: boolean): Promise<void> {
    const name = isCommit ? 'commitTransaction' : 'abortTransaction'
    const op = this.#history.invoke(this.client.name, { name, transaction })
    let next = identity
    const outcome = await this.#persist(async () => {
      const answer = await this.#protocol.end(identity, isCommit)
      next = answer.next
      return answer.code
    })
    this.client.world.trace.add(this.client.name, name, { transaction, outcome })
    if (outcome === 'done') this.#history.ok(op)
    else if (outcome === 'failed') this.#history.fail(op, 'refused')
    else this.#history.info(op, 'given up')
    if (outcome === 'done' && isCommit) this.committed++
    // What failed may have used up sequence numbers of an epoch that goes on.
    if (outcome !== 'done' || (isBroken && this.#options.version === 1)) this.#identity = undefined
    else this.#identity = next
    // Whoever was fenced gives the other one some time.
    if (outcome !== 'done') await this.client.sleep(this.client.dice.around(FENCED_PAUSE_MS))
    if (this.#options.version === 2) this.#sequences.clear()
  }

  /** Tries until it is done, or certainly will not be. */
  async #persist(attempt: () => Promise<Code>): Promise<Outcome> {
    let isInDoubt = false
    for (;;) {
      const code = await attempt()
      if (code === ErrorCode.NONE || code === ErrorCode.DUPLICATE_SEQUENCE_NUMBER) return 'done'
      if (code !== undefined && FINAL.has(code)) return isInDoubt ? 'inDoubt' : 'failed'
      if (code === undefined || !NOT_WRITTEN.has(code)) isInDoubt = true
      if (this.client.isStopped) return 'inDoubt'
      await this.client.refresh([this.#options.topic])
    }
  }
}
