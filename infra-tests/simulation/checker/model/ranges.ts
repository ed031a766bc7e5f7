/** Sorted offsets and ranges of offsets. */
import type { Entry, Session } from './types.ts'

/** How many of the sorted offsets are below. */
export function countBelow(sorted: readonly number[], offset: number): number {
  let low = 0
  let high = sorted.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((sorted[middle] ?? Number.POSITIVE_INFINITY) < offset) low = middle + 1
    else high = middle
  }
  return low
}

export interface Range {
  readonly start: number
  end: number
}

/** What the sessions have read past, as disjoint ranges in order. */
export function coverageOf(sessions: readonly Session[]): Range[] {
  const ranges: Range[] = []
  for (const { start, end } of sessions.toSorted((left, right) => left.start - right.start)) {
    const last = ranges.at(-1)
    if (last && start <= last.end) last.end = Math.max(last.end, end)
    else ranges.push({ start, end })
  }
  return ranges
}

/** The entries that lie in one of the ranges; both in order. */
export function* entriesIn(ranges: readonly Range[], entries: readonly Entry[]): Generator<Entry> {
  let at = 0
  for (const entry of entries) {
    while (at < ranges.length && (ranges[at]?.end ?? 0) <= entry.offset) at++
    const range = ranges[at]
    if (!range) return
    if (range.start <= entry.offset) yield entry
  }
}
