import type { PartitionLog, ProducerStamp, VerificationGuard } from '../../storage/index.ts'

export type TransactionLog = Pick<PartitionLog, 'beginVerification'>

/** What lets a producer's first batch of a transaction into a log, while its coordinator is being asked (KIP-890). */
export class TransactionGuard {
  /** Undefined if nobody need be asked: the transaction has begun here already. */
  taken: VerificationGuard | undefined
  readonly #take: () => VerificationGuard | undefined

  constructor(
    log: TransactionLog,
    producer: ProducerStamp,
    sequence: number,
    clock: { monotonic(): number },
  ) {
    const take = () => log.beginVerification(producer, sequence, clock.monotonic())
    this.#take = take
    this.taken = this.#take()
  }

  /** Takes it anew if a marker has made it void; whether one had. */
  takeAgain(): boolean {
    const before = this.taken
    this.taken = this.#take()
    return before !== undefined && this.taken !== undefined && before !== this.taken
  }
}
