/**
 * Producers whose transaction is being asked for at its coordinator before their first batch of it is appended
 * (KIP-890). A guard is good for one such question: a marker that comes in between makes it void.
 */
import type { VerificationGuard } from './verification-guard.ts'

interface Verification {
  readonly guard: VerificationGuard
  readonly epoch: number
  /** The lowest sequence that was asked for: what comes behind it must not overtake it. */
  lowestSequence: number
  readonly sinceMs: number
}

export class ProducerVerifications {
  readonly #pending = new Map<number, Verification>()

  begin(producerId: number, epoch: number, sequence: number, nowMs: number): VerificationGuard {
    const pending = this.#pending.get(producerId)
    if (pending !== undefined && pending.epoch === epoch) {
      pending.lowestSequence = Math.min(pending.lowestSequence, sequence)
      return pending.guard
    }
    const guard: VerificationGuard = { producerId }
    this.#pending.set(producerId, { guard, epoch, lowestSequence: sequence, sinceMs: nowMs })
    return guard
  }

  isCurrent(producerId: number, guard: VerificationGuard | undefined): boolean {
    return guard !== undefined && this.#pending.get(producerId)?.guard === guard
  }

  overtakes(producerId: number, sequence: number): boolean {
    const pending = this.#pending.get(producerId)
    return pending !== undefined && sequence > pending.lowestSequence
  }

  end(producerId: number): void {
    this.#pending.delete(producerId)
  }

  expire(nowMs: number, expirationMs: number): void {
    for (const [producerId, { sinceMs }] of this.#pending) {
      if (nowMs - sinceMs >= expirationMs) this.#pending.delete(producerId)
    }
  }

  clear(): void {
    this.#pending.clear()
  }
}
