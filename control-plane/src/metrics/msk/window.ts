import type { Values } from '../reading.ts'
import type { BrokerPeriod } from './period.ts'
import type { Window } from './sources.ts'

/** With a topic: of that topic alone. A topic that the broker did not tell of before is new. */
export function windowOf({ before, after, volumeSizeBytes }: BrokerPeriod, topic?: string): Window {
  const valuesOf = ({ values, topics }: typeof after): Values =>
    topic === undefined ? values : (topics.get(topic) ?? NOTHING)
  return {
    before: before && valuesOf(before),
    after: valuesOf(after),
    seconds: before === undefined ? 0 : (after.atMs - before.atMs) / 1000,
    broker: { reading: after, volumeSizeBytes },
  }
}

const NOTHING: Values = new Map()
