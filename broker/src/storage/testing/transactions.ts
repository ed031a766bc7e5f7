/** A log of a memory disk with transactions in it. */
import { encodeMarker } from '../../wire/index.ts'
import { batch, START_MS, TestLog } from './harness.ts'

/** Whose transactions they are unless told otherwise. */
export const PRODUCER_ID = 7

interface Draft {
  readonly id?: number
  readonly epoch?: number
  readonly sequence?: number
  readonly guard?: boolean
}

/** A log and the sequences of its producers. */
export class Transactions {
  readonly world: TestLog
  leaderEpoch = 0
  readonly #sequences = new Map<string, number>()

  constructor(...options: ConstructorParameters<typeof TestLog>) {
    this.world = new TestLog(...options)
  }

  get log() {
    return this.world.log
  }

  send({ id = PRODUCER_ID, epoch = 0, sequence, guard = true }: Draft = {}): number {
    const key = `${id}/${epoch}`
    const baseSequence = sequence ?? this.#sequences.get(key) ?? 0
    const { nowMs } = this.world.clock
    const bytes = batch({ nowMs, producerId: id, producerEpoch: epoch, baseSequence, transactional: true })
    const verification = guard
      ? this.log.beginVerification({ producerId: id, producerEpoch: epoch }, baseSequence, START_MS)
      : undefined
    const options = { leaderEpoch: this.leaderEpoch, nowMs, origin: 'client' as const, verification }
    const { baseOffset } = this.log.stage(bytes, options)
    this.#sequences.set(key, baseSequence + 1)
    this.log.commit()
    return baseOffset
  }

  end(
    isCommit: boolean,
    { id = PRODUCER_ID, epoch = 0, coordinatorEpoch = 0, transactionVersion = 0 } = {},
  ): number {
    const { nowMs } = this.world.clock
    const bytes = encodeMarker({ producerId: id, producerEpoch: epoch, coordinatorEpoch, isCommit }, nowMs)
    const options = {
      leaderEpoch: this.leaderEpoch,
      nowMs,
      origin: 'coordinator' as const,
      transactionVersion,
    }
    const { baseOffset } = this.log.stage(bytes, options)
    this.log.commit()
    return baseOffset
  }

  replicate(): void {
    this.log.highWatermark = this.log.logEndOffset
  }
}
