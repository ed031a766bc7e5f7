/** Loads over days, minute by minute, in bytes per second: from a seed, so that a failure can be looked at again. */
export type LoadShape = (minute: number) => number

const DAY = 24 * 60
const MIB = 1024 ** 2

export function loadShapes(seed: number): Record<string, LoadShape> {
  const jitter = noise(seed)
  return {
    diurnal: (minute) => (150 - 120 * Math.cos((2 * Math.PI * minute) / DAY)) * MIB * jitter(minute, 0.05),
    spike: (minute) => {
      const ofDay = minute % DAY
      const isSpike = ofDay >= 12 * 60 && ofDay < 13 * 60
      return (isSpike ? 180 : 80) * MIB * jitter(minute, 0.05)
    },
    growth: (minute) => (40 + (minute / DAY) * 25) * MIB * jitter(minute, 0.05),
    noise: (minute) => 100 * MIB * jitter(minute, 0.3),
    'diurnal with spikes and growth': (minute) => {
      const wave = 1 - 0.6 * Math.cos((2 * Math.PI * minute) / DAY)
      const spike = minute % 997 < 20 ? 1.3 : 1
      return 100 * MIB * wave * spike * (1 + minute / (14 * DAY)) * jitter(minute, 0.1)
    },
    // As recorded loads are: every five minutes something else, four times the usual in one of a hundred.
    bursts: (minute) => 50 * MIB * burst(minute, 0.7),
    'diurnal with bursts': (minute) =>
      (80 - 50 * Math.cos((2 * Math.PI * minute) / DAY)) * MIB * burst(minute, 0.4),
  }

  function burst(minute: number, deviation: number): number {
    const period = Math.floor(minute / 5)
    const one = jitter(2 * period, 1) / 2
    const other = jitter(2 * period + 1, 1) / 2
    return Math.exp(deviation * normal(one, other))
  }
}

/** Normally distributed, from two uniform numbers (Box and Muller). */
function normal(one: number, other: number): number {
  return Math.sqrt(-2 * Math.log(Math.max(one, Number.EPSILON))) * Math.cos(2 * Math.PI * other)
}

/** Between 1 - spread and 1 + spread, the same for the same minute. */
function noise(seed: number): (minute: number, spread: number) => number {
  return (minute, spread) => {
    let hash = (minute + 1) * 0x9e3779b1 + seed
    hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
    hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
    const unit = ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32
    return 1 + spread * (2 * unit - 1)
  }
}
