/** What a seed decides. */
import type { Random } from './broker-code.ts'

const STEPS = 1_000_000

export class Dice {
  readonly random: Random

  constructor(random: Random) {
    this.random = random
  }

  chance(probability: number): boolean {
    return this.random.below(STEPS) < probability * STEPS
  }

  /** A whole number from `least` to `most`. */
  between(least: number, most: number): number {
    return least + this.random.below(most - least + 1)
  }

  pick<T>(items: readonly T[]): T {
    if (items.length === 0) throw new Error('nothing to pick from')
    return items[this.random.below(items.length)] as T
  }

  shuffled<T>(items: readonly T[]): T[] {
    const rest = [...items]
    const order: T[] = []
    while (rest.length > 0) order.push(...rest.splice(this.random.below(rest.length), 1))
    return order
  }

  /** Mostly near the mean, sometimes far beyond it (but never beyond five times as much). */
  around(mean: number): number {
    return Math.ceil(Math.min(5, -Math.log(1 - this.random.below(STEPS) / STEPS)) * mean)
  }
}
