/** Transactions on a topic of their own: producers that fence one another, and readers of committed records. */
import { Admin } from '../clients/admin.ts'
import { Consumer } from '../clients/consumer.ts'
import { TransactionalProducer } from '../clients/transactional-producer.ts'
import { COMPACTED } from '../topic-kind.ts'
import { hasRead, tellDrained, type Workload, type WorkloadParts } from './workload.ts'

export const LEDGER = 'ledger'

const LEDGER_KEYS = { count: 31, tombstoneEvery: 3 }
/** Tombstones live for longer than the final reading takes, and are gone soon after: what they deleted must be, too. */
const COMPACTED_LEDGER: Readonly<Record<string, string>> = {
  ...COMPACTED.topicConfigs,
  'cleanup.policy': 'compact,delete',
  'delete.retention.ms': '2000',
}

export class TransactionsWorkload implements Workload {
  readonly #parts: WorkloadParts
  readonly #producers: readonly TransactionalProducer[]
  readonly #readers: Consumer[]
  /** Transactions that each had committed when the faults were over. */
  #before: readonly number[] = []
  #tellers = 0

  private constructor(parts: WorkloadParts) {
    this.#parts = parts
    const { world, history, keys } = parts
    const { dice } = world
    if (keys !== undefined)
      history.notice('run', { name: 'topic', topic: LEDGER, compacted: true, forgetsTombstones: true })
    // The first two share an id: one is the other's zombie.
    this.#producers = ['shared', 'shared', 'own'].map((transactionalId, index) => {
      const options = {
        topic: LEDGER,
        transactionalId,
        version: dice.pick([1, 2] as const),
        timeoutMs: dice.pick([5000, 15_000]),
        meanIntervalMs: dice.pick([50, 300, 1000]),
        keys: keys && LEDGER_KEYS,
      }
      return new TransactionalProducer(world, `transactional-${index + 1}`, history, options)
    })
    this.#readers = [this.#newReader('committed-reader')]
  }

  static async start(parts: WorkloadParts): Promise<TransactionsWorkload> {
    const { world, replicationFactor, keys } = parts
    await new Admin(world, 'ledger-admin').createTopic({
      name: LEDGER,
      partitions: 2,
      replicationFactor,
      configs: {
        'min.insync.replicas': String(Math.min(2, replicationFactor)),
        'segment.ms': String(world.dice.pick([2000, 604_800_000])),
        ...(keys !== undefined && COMPACTED_LEDGER),
      },
    })
    return new TransactionsWorkload(parts)
  }

  /** Two that fence one another need not get on for ever: the first one leaves. */
  finish(): void {
    this.#producers[0]?.finish()
    this.#before = this.#producers.map(({ committed }) => committed)
  }

  hasFinished(): boolean {
    const [first, ...lasting] = this.#producers
    const hasCommitted = lasting.every(({ committed }, index) => committed > (this.#before[index + 1] ?? 0))
    if (hasCommitted) for (const producer of lasting) producer.finish()
    return [first, ...lasting].every((producer) => producer?.isFinished)
  }

  readAll(): void {
    this.#readers.push(this.#newReader('last-committed-reader'))
    for (const producer of this.#producers) {
      const telling = producer.recordCommittedOffset().then(() => {
        this.#tellers++
      })
      this.#parts.world.spawn(producer.client.name, telling)
    }
  }

  hasReadAll(): boolean {
    const haveRead = this.#readers.every((reader) => hasRead(this.#parts.world, reader))
    if (this.#tellers < this.#producers.length || !haveRead) return false
    tellDrained(this.#parts, this.#readers.at(-1))
    return true
  }

  /** Zombies and timeouts are what the producers live with anyway. */
  crashClient(): string | undefined {
    return undefined
  }

  #newReader(name: string): Consumer {
    const { world, history } = this.#parts
    const options = { rackId: '', usesSessions: world.dice.chance(0.5), readCommitted: true }
    return new Consumer(world, name, history, LEDGER, options)
  }
}
