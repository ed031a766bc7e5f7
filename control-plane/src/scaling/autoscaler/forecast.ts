export interface Sample {
  readonly atMs: number
  /** Bytes per second. */
  readonly load: number
}

/**
 * The load to be expected within `horizonMs`: what was there lately, carried on by its trend, or what was there at this
 * time of the day before, if that was more. `share` says of how many of those minutes: 1 means the highest peak of all.
 * A trend is one that half an hour shows, and is never prolonged beyond double.
 */
export function forecast(
  history: readonly Sample[],
  nowMs: number,
  horizonMs: number,
  share: number,
): number {
  const recent = since(history, nowMs - TREND_MS)
  if (recent.length === 0) return 0
  const level = quantile(since(history, nowMs - LEVEL_MS), share)
  const growth = Math.max(0, slopePerMs(recent)) * Math.min(horizonMs, TREND_MS)
  const trend = Math.min(level + growth, 2 * level)
  return Math.max(trend, yesterday(history, nowMs, horizonMs, share))
}

export function peakSince(history: readonly Sample[], sinceMs: number): number {
  return peak(since(history, sinceMs))
}

/** What the load of the last day exceeded in one minute of a hundred; undefined before there is enough of a day. */
export function usualPeak(history: readonly Sample[], nowMs: number): number | undefined {
  const day = since(history, nowMs - DAY_MS)
  const measuredMs = nowMs - (day[0]?.atMs ?? nowMs)
  return measuredMs < USUAL_MS ? undefined : quantile(day, 0.99)
}

/** The peak of the quietest `spanMs` of the last day; undefined before there is a whole day. */
export function quietestPeak(history: readonly Sample[], nowMs: number, spanMs: number): number | undefined {
  const from = nowMs - DAY_MS
  if ((history[0]?.atMs ?? nowMs) > from) return undefined
  const day = since(history, from)
  let quietest = Number.POSITIVE_INFINITY
  for (let startMs = from; startMs + spanMs <= nowMs; startMs += STEP_MS) {
    const span = between(day, startMs, startMs + spanMs)
    // What was not measured was not quiet.
    if (span.length > 0) quietest = Math.min(quietest, peak(span))
  }
  return quietest
}

/** The same hours of the day before, scaled by how today compares with then. */
function yesterday(history: readonly Sample[], nowMs: number, horizonMs: number, share: number): number {
  const from = nowMs - DAY_MS
  if ((history[0]?.atMs ?? nowMs) > from - TREND_MS) return 0
  const then = between(history, from, from + horizonMs)
  const before = mean(between(history, from - TREND_MS, from))
  const ratio = before === 0 ? 1 : mean(since(history, nowMs - TREND_MS)) / before
  return quantile(then, share) * Math.min(Math.max(ratio, 0.5), 1.5)
}

function since(history: readonly Sample[], sinceMs: number): Sample[] {
  return history.slice(firstAfter(history, sinceMs))
}

function between(history: readonly Sample[], afterMs: number, untilMs: number): Sample[] {
  return history.slice(firstAfter(history, afterMs), firstAfter(history, untilMs))
}

/** Histories are by time. */
function firstAfter(history: readonly Sample[], timeMs: number): number {
  let [from, to] = [0, history.length]
  while (from < to) {
    const middle = (from + to) >> 1
    if (history[middle]!.atMs > timeMs) to = middle
    else from = middle + 1
  }
  return from
}

function peak(samples: readonly Sample[]): number {
  return samples.reduce((most, { load }) => Math.max(most, load), 0)
}

/** The lowest load that at least this share of the samples does not exceed. */
function quantile(samples: readonly Sample[], share: number): number {
  const loads = Float64Array.from(samples, ({ load }) => load).sort()
  return loads[Math.max(0, Math.ceil(loads.length * share) - 1)] ?? 0
}

function mean(samples: readonly Sample[]): number {
  return samples.length === 0 ? 0 : samples.reduce((sum, { load }) => sum + load, 0) / samples.length
}

/**
 * Of the medians of five minutes, the median of all slopes between two of them (Theil and Sen): a burst is no trend. 0 where
 * they do not clearly point in one direction.
 */
function slopePerMs(samples: readonly Sample[]): number {
  const points = [...Map.groupBy(samples, ({ atMs }) => Math.floor(atMs / POINT_MS))].map(
    ([point, those]) => ({
      atMs: point * POINT_MS,
      load: quantile(those, 0.5),
    }),
  )
  const slopes = points.flatMap((one, index) =>
    points.slice(index + 1).map((other) => (other.load - one.load) / (other.atMs - one.atMs)),
  )
  const direction = slopes.reduce((sum, slope) => sum + Math.sign(slope), 0)
  if (slopes.length === 0 || Math.abs(direction) < CLEAR * slopes.length) return 0
  return slopes.sort((a, b) => a - b)[Math.floor(slopes.length / 2)]!
}

/** Share of the slopes that go up beyond those that go down, or the other way round. */
const CLEAR = 0.7
const POINT_MS = 5 * 60_000
const LEVEL_MS = 15 * 60_000
const TREND_MS = 30 * 60_000
const STEP_MS = 30 * 60_000
const DAY_MS = 24 * 60 * 60_000
/** From then on a day's peaks can be told from a burst. */
const USUAL_MS = 6 * 60 * 60_000
