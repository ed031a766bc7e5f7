import { forecast, peakSince, quietestPeak, type Sample, usualPeak } from './forecast.ts'

/**
 * How many brokers a cluster should have: a pure function from what was measured to a decision with its reasons.
 *
 * - Out as soon as the load that is to be expected would use more than `targetUtilisation`: being late costs users.
 *   A burst counts up to what the last day exceeded in one minute of a hundred only: it is over before brokers have
 *   come, and they would stay for a day.
 * - In only when the smaller fleet would have carried the peaks of the last hour and will carry the next ones with room
 *   to spare (hysteresis), and long enough after the last change (cool-down).
 * - To turn from growing to shrinking is for once a day, and kept for the hours in which it is worth most: a fleet that
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
  /** By time; only the last three days matter. */
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
  readonly forecast: { readonly soon: number; readonly later: number; readonly usual: number | undefined }
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
  targetUtilisation: 0.65,
  /** What a smaller fleet must stay below. */
  scaleInUtilisation: 0.6,
  /** By what was exceeded in one minute of a hundred: the service level is 70 %. */
  usualUtilisation: 0.68,
  outCoolDownMs: 5 * 60_000,
  inCoolDownMs: 60 * 60_000,
  /** Within which new brokers serve and have their share. */
  leadTimeMs: 15 * 60_000,
  /** Which a smaller fleet must have carried, and must carry. */
  lookBackMs: 60 * 60_000,
  lookAheadMs: 4 * 60 * 60_000,
  /** Once a day, and sometimes an hour earlier than the day before: whoever comes too late one night is not late for ever. */
  turnsApartMs: 23 * 60 * 60_000,
  turnsInThreeDays: 3,
} as const

export function decide(input: AutoscalerInput): Decision {
  const { brokers, history, brokerCapacity } = input
  const load = history.at(-1)?.load ?? 0
  const expected = expectedLoads(input)
  const options = candidates(input).map((count) => judge(count, input, expected))
  const chosen = options.find(({ rejected }) => rejected === undefined) ?? optionOf(brokers, input, expected)
  const action = chosen.brokers > brokers ? 'OUT' : chosen.brokers < brokers ? 'IN' : 'HOLD'
  const { soon, later, usual } = expected
  return {
    brokers: chosen.brokers,
    action,
    signal: { load, utilisation: load / (brokers * brokerCapacity) },
    forecast: { soon, later, usual },
    options,
    reason: reasonOf(action, chosen, input, expected),
    costPerHourBefore: costOf(brokers, input),
    costPerHourAfter: costOf(chosen.brokers, input),
  }
}

/** Loads that count, bytes per second. */
interface ExpectedLoads {
  /** Before brokers that are added now have come: as a reason to add some, and as what those are to carry. */
  readonly soon: number
  readonly soonPeak: number
  /** What a smaller fleet is to carry. */
  readonly later: number
  readonly usual: number | undefined
}

function expectedLoads({ nowMs, history }: AutoscalerInput): ExpectedLoads {
  const { targetUtilisation, scaleInUtilisation, usualUtilisation, leadTimeMs, lookBackMs, lookAheadMs } =
    POLICY
  const usual = usualPeak(history, nowMs)
  const sustained = forecast(history, nowMs, leadTimeMs, 0.5)
  const counted = (load: number, target: number) =>
    Math.max(sustained, Math.min(load, ((usual ?? Number.POSITIVE_INFINITY) * target) / usualUtilisation))
  const peak = Math.max(peakSince(history, nowMs - lookBackMs), forecast(history, nowMs, lookAheadMs, 1))
  return {
    soon: counted(forecast(history, nowMs, leadTimeMs, SHARE_OF_BURST), targetUtilisation),
    soonPeak: counted(forecast(history, nowMs, leadTimeMs, 1), targetUtilisation),
    later: counted(peak, scaleInUtilisation),
    usual,
  }
}

/** Three minutes of a quarter of an hour may be busier. */
const SHARE_OF_BURST = 0.8

/** The cheapest first. */
function candidates({ brokers, zones, limits }: AutoscalerInput): number[] {
  const counts = new Set([brokers])
  const least = Math.ceil(limits.minBrokers / zones) * zones
  for (let count = least; count <= limits.maxBrokers; count += zones) counts.add(count)
  return [...counts].sort((a, b) => a - b)
}

function judge(count: number, input: AutoscalerInput, expected: ExpectedLoads): Option {
  const option = optionOf(count, input, expected)
  const rejected = objection(count, option.utilisation, input)
  return rejected === undefined ? option : { ...option, rejected }
}

function optionOf(count: number, input: AutoscalerInput, { soon, soonPeak, later }: ExpectedLoads): Option {
  const { brokers, brokerCapacity } = input
  const load = count < brokers ? later : count > brokers ? soonPeak : soon
  return { brokers: count, utilisation: load / (count * brokerCapacity), costPerHour: costOf(count, input) }
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
  // Going further in is no turn.
  return last?.direction === 'IN' ? undefined : objectionToTurn(count, input)
}

function objectionToTurn(count: number, { changes, nowMs, history, zones, brokerCapacity }: AutoscalerInput) {
  const turnsMs = changes
    .filter(({ direction }, index) => direction === 'IN' && changes[index - 1]?.direction !== 'IN')
    .map(({ atMs }) => nowMs - atMs)
  if (turnsMs.some((agoMs) => agoMs < POLICY.turnsApartMs))
    return 'it has begun to shrink within a day already'
  if (turnsMs.filter((agoMs) => agoMs < THREE_DAYS_MS).length >= POLICY.turnsInThreeDays) {
    return `it has begun to shrink ${POLICY.turnsInThreeDays} times within three days already`
  }
  const quietest = quietestPeak(history, nowMs, POLICY.lookAheadMs)
  if (quietest === undefined) return undefined
  const sets = Math.max(1, Math.ceil(quietest / brokerCapacity / POLICY.scaleInUtilisation / zones))
  return count > (sets + 1) * zones
    ? `${sets * zones} brokers carried the quietest hours of the day before: those are waited for`
    : undefined
}

const THREE_DAYS_MS = 3 * 24 * 60 * 60_000

function reasonOf(
  action: Decision['action'],
  { brokers: target, utilisation }: Option,
  { brokers, brokerCapacity }: AutoscalerInput,
  { soon, later }: ExpectedLoads,
): string {
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
