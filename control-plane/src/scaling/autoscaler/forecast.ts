export interface Sample {
  readonly atMs: number
  /** Bytes per second. */
  readonly load: number
}

/**
 * The highest load to be expected within `horizonMs`: what was there lately, carried on by its trend, or what was
 * there at this time of the day before, if that was more. Seconds of noise are not a trend: it is fitted over half an
 * hour, and never prolonged beyond double.
 */
export function forecastPeak(history: readonly Sample[], nowMs: number, horizonMs: number): number {
  const recent = since(history, nowMs - TREND_MS)
  if (recent.length === 0) return 0
  const level = peak(since(history, nowMs - LEVEL_MS))
  const growth = Math.max(0, slopePerMs(recent)) * Math.min(horizonMs, TREND_MS)
  const trend = Math.min(level + growth, 2 * level)
  return Math.max(trend, yesterday(history, nowMs, horizonMs))
}

export function peakSince(history: readonly Sample[], sinceMs: number): number {
  return peak(since(history, sinceMs))
}

/** The same hours of the day before, scaled by how today compares with then. */
function yesterday(history: readonly Sample[], nowMs: number, horizonMs: number): number {
  const from = nowMs - DAY_MS
  if ((history[0]?.atMs ?? nowMs) > from - TREND_MS) return 0
  const then = history.filter(({ atMs }) => atMs > from && atMs <= from + horizonMs)
  const before = mean(history.filter(({ atMs }) => atMs > from - TREND_MS && atMs <= from))
  const ratio = before === 0 ? 1 : mean(since(history, nowMs - TREND_MS)) / before
  return peak(then) * Math.min(Math.max(ratio, 0.5), 1.5)
}

function since(history: readonly Sample[], sinceMs: number): Sample[] {
  return history.filter(({ atMs }) => atMs > sinceMs)
}

function peak(samples: readonly Sample[]): number {
  return samples.reduce((most, { load }) => Math.max(most, load), 0)
}

function mean(samples: readonly Sample[]): number {
  return samples.length === 0 ? 0 : samples.reduce((sum, { load }) => sum + load, 0) / samples.length
}

/** Least squares; 0 where the slope is no more than the noise around it explains. */
function slopePerMs(samples: readonly Sample[]): number {
  const meanMs = samples.reduce((sum, { atMs }) => sum + atMs, 0) / samples.length
  const meanLoad = mean(samples)
  let covariance = 0
  let variance = 0
  for (const { atMs, load } of samples) {
    covariance += (atMs - meanMs) * (load - meanLoad)
    variance += (atMs - meanMs) ** 2
  }
  if (variance === 0 || samples.length < 3) return 0
  const slope = covariance / variance
  const residual = samples.reduce(
    (sum, { atMs, load }) => sum + (load - meanLoad - slope * (atMs - meanMs)) ** 2,
    0,
  )
  const standardError = Math.sqrt(residual / (samples.length - 2) / variance)
  return Math.abs(slope) > SIGNIFICANT * standardError ? slope : 0
}

/** In standard errors. */
const SIGNIFICANT = 3
const LEVEL_MS = 15 * 60_000
const TREND_MS = 30 * 60_000
const DAY_MS = 24 * 60 * 60_000
