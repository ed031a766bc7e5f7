import { forecastPeak, peakSince, type Sample } from './forecast.ts'

/**
 * How many brokers a cluster should have: a pure function from what was measured to a decision with its reasons.
 *
 * - Out as soon as the forecast would use more than `targetUtilisation`: being late costs users.
 * - In only when the smaller fleet would have carried the last hours and will carry the next ones with room to spare
 *   (hysteresis), long enough after the last change (cool-down), and once a day after having gone out: a fleet that
 *   goes up and down moves more data than it saves money.
 */
export interface AutoscalerInput {
  readonly nowMs: number
  readonly brokers: number
  /** Brokers come and go in whole sets, one per zone. */
  readonly zones: number
  readonly limits: { readonly minBrokers: number; readonly maxBrokers: number }
  /** Bytes per second, in and out, that one broker carries when it is fully used. */
  readonly brokerCapacity: number
  readonly brokerPricePerHour: number
  /** Load of the whole cluster, by time. */
  readonly history: readonly Sample[]
  /** By time; only the last day matters. */
  readonly changes: readonly PastChange[]
}

export interface PastChange {
  readonly atMs: number
  readonly direction: 'OUT' | 'IN'
}

export interface Decision {
  readonly brokers: number
  readonly action: 'HOLD' | 'OUT' | 'IN'
  readonly signal: { readonly load: number; readonly utilisation: number }
  readonly forecast: { readonly soon: number; readonly later: number }
  /** The choice and what spoke against the others. */
  readonly options: readonly Option[]
  readonly reason: string
  readonly costPerHourBefore: number
  readonly costPerHourAfter: number
}

export interface Option {
  readonly brokers: number
  readonly utilisation: number
  readonly costPerHour: number
  readonly rejected?: string
}

export const POLICY = {
  targetUtilisation: 0.6,
  /** What a smaller fleet must stay below. */
  scaleInUtilisation: 0.55,
  outCoolDownMs: 5 * 60_000,
  inCoolDownMs: 60 * 60_000,
  /** Within which new brokers serve and have their share. */
  leadTimeMs: 15 * 60_000,
  /** Which a smaller fleet must have carried, and must carry. */
  lookBackMs: 60 * 60_000,
  lookAheadMs: 4 * 60 * 60_000,
  inReversalsApartMs: 23 * 60 * 60_000,
} as const

export function decide(input: AutoscalerInput): Decision {
  const { nowMs, brokers, history, brokerCapacity } = input
  const load = history.at(-1)?.load ?? 0
  const soon = forecastPeak(history, nowMs, POLICY.leadTimeMs)
  const later = Math.max(
    peakSince(history, nowMs - POLICY.lookBackMs),
    forecastPeak(history, nowMs, POLICY.lookAheadMs),
  )
  const options = candidates(input).map((count) => judge(count, input, soon, later))
  const chosen = options.find(({ rejected }) => rejected === undefined) ?? optionOf(brokers, input, soon)
  const action = chosen.brokers > brokers ? 'OUT' : chosen.brokers < brokers ? 'IN' : 'HOLD'
  return {
    brokers: chosen.brokers,
    action,
    signal: { load, utilisation: load / (brokers * brokerCapacity) },
    forecast: { soon, later },
    options,
    reason: reasonOf(action, chosen, input, soon, later),
    costPerHourBefore: costOf(brokers, input),
    costPerHourAfter: costOf(chosen.brokers, input),
  }
}

/** The cheapest first. */
function candidates({ brokers, zones, limits }: AutoscalerInput): number[] {
  const counts = new Set([brokers])
  const least = Math.ceil(limits.minBrokers / zones) * zones
  for (let count = least; count <= limits.maxBrokers; count += zones) counts.add(count)
  return [...counts].sort((a, b) => a - b)
}

function judge(count: number, input: AutoscalerInput, soon: number, later: number): Option {
  const option = optionOf(count, input, count < input.brokers ? later : soon)
  const rejected = objection(count, option.utilisation, input)
  return rejected === undefined ? option : { ...option, rejected }
}

function optionOf(count: number, input: AutoscalerInput, load: number): Option {
  const utilisation = load / (count * input.brokerCapacity)
  return { brokers: count, utilisation, costPerHour: costOf(count, input) }
}

function objection(count: number, utilisation: number, input: AutoscalerInput): string | undefined {
  const { brokers, limits, nowMs, changes } = input
  const last = changes.at(-1)
  const elapsedMs = last === undefined ? Number.POSITIVE_INFINITY : nowMs - last.atMs
  if (count < limits.minBrokers) return `there are to be ${limits.minBrokers} at least`
  const isLargest = count + input.zones > limits.maxBrokers
  if (count >= brokers) {
    if (utilisation > POLICY.targetUtilisation && !isLargest) {
      return `it would be used to ${percent(utilisation)}, more than ${percent(POLICY.targetUtilisation)}`
    }
    const hasJustGrown = count > brokers && last?.direction === 'OUT' && elapsedMs < POLICY.outCoolDownMs
    return hasJustGrown ? `brokers were added ${minutes(elapsedMs)} ago` : undefined
  }
  if (utilisation > POLICY.scaleInUtilisation) {
    return `it would be used to ${percent(utilisation)}, more than ${percent(POLICY.scaleInUtilisation)}`
  }
  const measuredMs = nowMs - (input.history[0]?.atMs ?? nowMs)
  if (measuredMs < POLICY.lookBackMs) return `it has been measured for ${minutes(measuredMs)} only`
  if (elapsedMs < POLICY.inCoolDownMs) return `the last change was ${minutes(elapsedMs)} ago`
  return hasTurnedToday(input) ? 'it has turned from growing to shrinking within a day already' : undefined
}

/** Going further in is no turn; going in after having gone out is, once a day. */
function hasTurnedToday({ changes, nowMs }: AutoscalerInput): boolean {
  if (changes.at(-1)?.direction !== 'OUT') return false
  return changes.some(
    ({ atMs, direction }, index) =>
      direction === 'IN' &&
      changes[index - 1]?.direction === 'OUT' &&
      nowMs - atMs < POLICY.inReversalsApartMs,
  )
}

function reasonOf(
  action: Decision['action'],
  { brokers: target, utilisation }: Option,
  input: AutoscalerInput,
  soon: number,
  later: number,
): string {
  const { brokers, brokerCapacity } = input
  const now = percent(soon / (brokers * brokerCapacity))
  if (action === 'OUT') {
    return `${brokers} brokers would be used to ${now}; ${target} are used to ${percent(utilisation)}.`
  }
  if (action === 'IN') {
    const peak = percent(later / (target * brokerCapacity))
    return `${target} brokers carry the last hours and the next ones at ${peak} at most.`
  }
  return `${brokers} brokers are used to ${now}.`
}

function costOf(count: number, { brokerPricePerHour }: AutoscalerInput): number {
  return count * brokerPricePerHour
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`
}

function minutes(elapsedMs: number): string {
  return `${Math.round(elapsedMs / 60_000)} min`
}
