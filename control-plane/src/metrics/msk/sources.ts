import { type Quantity, quantity, total } from '../quantities.ts'
import type { Reading, Values } from '../reading.ts'

/** How a metric's value follows from what a broker told now and a minute before. */
export interface Source {
  /** For people: where the value comes from. */
  readonly told: string
  readonly quantities: readonly Quantity[]
  read(window: Window): number | undefined
}

/** One broker, or one topic of one broker, over one period. */
export interface Window {
  /** Absent in a broker's first period. */
  readonly before: Values | undefined
  readonly after: Values
  /** Between the two. */
  readonly seconds: number
  readonly broker: { readonly reading: Reading; readonly volumeSizeBytes: number | undefined }
}

type Labels = Readonly<Record<string, string>>

export function gauge(family: string, labels: Labels = {}, scale = 1): Source {
  const one = quantity(family, labels)
  return {
    told: scaled(one.key, scale),
    quantities: [one],
    read: ({ after }) => times(after.get(one.key), scale),
  }
}

/** Per second. */
export function rate(family: string, labels: Labels = {}, scale = 1): Source {
  const one = quantity(family, labels)
  return {
    told: `rate of ${scaled(one.key, scale)}`,
    quantities: [one],
    read: (window) => times(increaseOf(one, window), scale / window.seconds),
  }
}

/** Within the period. */
export function increase(family: string, labels: Labels = {}): Source {
  const one = quantity(family, labels)
  return {
    told: `increase of ${one.key}`,
    quantities: [one],
    read: (window) => increaseOf(one, window),
  }
}

/** Of the values that a histogram took in the period; 0 if there were none. */
export function mean(family: string, labels: Labels): Source {
  const count = quantity(`${family}_Count`, labels)
  return meanPer(total(family, labels), count, `mean of ${quantity(family, labels).key} in the period`)
}

/** The sum of a histogram's values in the period, for each of what is counted elsewhere. */
export function meanPer(sum: Quantity, count: Quantity, told = `${sum.key} per ${count.key}`): Source {
  return {
    told,
    quantities: [sum, count],
    read(window) {
      const counted = increaseOf(count, window)
      if (counted === undefined) return undefined
      return counted === 0 ? 0 : times(increaseOf(sum, window) ?? 0, 1 / counted)
    },
  }
}

/** Computed from other sources; undefined as soon as one of them is. */
export function combined(
  told: string,
  sources: readonly Source[],
  combine: (...values: number[]) => number,
): Source {
  return {
    told,
    quantities: sources.flatMap(({ quantities }) => quantities),
    read(window) {
      const values = sources.map((source) => source.read(window))
      return values.every((value) => value !== undefined) ? combine(...values) : undefined
    },
  }
}

/** What is read of the broker itself. */
export function ofBroker(told: string, read: (broker: Window['broker']) => number | undefined): Source {
  return { told, quantities: [], read: ({ broker }) => read(broker) }
}

/**
 * A counter that is smaller than before began anew, at zero, with its process. One that was not there before is new
 * too: a topic's first record makes its counters.
 */
function increaseOf({ key }: Quantity, { before, after }: Window): number | undefined {
  const now = after.get(key)
  if (before === undefined || now === undefined) return undefined
  const then = before.get(key) ?? 0
  return now < then ? now : now - then
}

function times(value: number | undefined, factor: number): number | undefined {
  return value === undefined ? undefined : value * factor
}

function scaled(key: string, scale: number): string {
  return scale === 1 ? key : `${key} × ${scale}`
}
