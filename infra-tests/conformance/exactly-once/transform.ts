/** Consume, transform, produce: a few records in each transaction, in a process that dies inside one of them. */
import { setTimeout as sleep } from 'node:timers/promises'

/** Where in a transaction: nothing of it is decided yet, or the request for its end is on its way for so long. */
export type Death = 'never' | 'sent' | 'offsets' | `commit+${number}ms`

export interface Orders {
  readonly bootstrap: string
  readonly transactionalId: string
  readonly groupId: string
  readonly from: string
  readonly to: string
  readonly death: Death
}

interface TopicOffsets {
  readonly topic: string
  readonly partitions: { readonly partition: number; readonly offset: string }[]
}

/** As kafkajs has it, and Confluent's client after it. */
interface Transaction {
  send(record: {
    readonly topic: string
    readonly messages: { readonly partition: number; readonly value: string }[]
  }): Promise<unknown>
  commit(): Promise<void>
}

interface Batch {
  readonly partition: number
  readonly messages: readonly { readonly value: Buffer | null; readonly offset: string }[]
}

export interface Producer<T extends Transaction> {
  begin(): Promise<T>
  sendOffsets(transaction: T, topics: TopicOffsets[]): Promise<void>
}

/** So much is done before the process dies. */
const TRANSACTIONS_PER_LIFE = 3
const RECORDS_PER_TRANSACTION = 5

export const ordersOf = (args: readonly string[]): Orders => JSON.parse(args[0] ?? '')

/** Handles all batches of a consumer, one after the other. */
export function transformer<T extends Transaction>({ from, to, death }: Orders, producer: Producer<T>) {
  let transactions = 0
  return async ({ partition, messages }: Batch): Promise<void> => {
    for (let first = 0; first < messages.length; first += RECORDS_PER_TRANSACTION) {
      const records = messages.slice(first, first + RECORDS_PER_TRANSACTION)
      const dying = transactions++ === TRANSACTIONS_PER_LIFE ? death : 'never'
      const transaction = await producer.begin()
      await transaction.send({
        topic: to,
        messages: records.map(({ value }) => ({ partition, value: `${value}!` })),
      })
      if (dying === 'sent') await die()
      const offset = String(Number(records.at(-1)!.offset) + 1)
      await producer.sendOffsets(transaction, [{ topic: from, partitions: [{ partition, offset }] }])
      if (dying === 'offsets') await die()
      const committed = transaction.commit()
      if (dying.startsWith('commit')) await die(Number.parseInt(dying.slice('commit+'.length), 10))
      await committed
    }
  }
}

async function die(afterMs = 0): Promise<never> {
  await sleep(afterMs)
  process.kill(process.pid, 'SIGKILL')
  throw new Error('SIGKILL was survived')
}
