/**
 * How far consumer groups are behind, as Amazon MSK tells it: `SumOffsetLag`, `MaxOffsetLag` and `EstimatedMaxTimeLag`
 * per group and topic, `OffsetLag` and `EstimatedTimeLag` per partition. The time is an estimate of the seconds until
 * the lag is consumed, from how fast the group committed lately; a group that does not move is behind by as long as it
 * has not moved.
 *
 * Where a partition ends of which this broker has no replica only other brokers know: for those the committed offset is
 * told, with the group's speed and since when it stands there, so that whoever reads all brokers can tell the lag.
 */
import { gauge, type Sample } from './metrics/registry.ts'

export interface GroupPosition {
  readonly groupId: string
  readonly topic: string
  readonly partition: number
  readonly committedOffset: number
  /** Up to where records can be consumed; undefined where this broker does not know it. */
  readonly endOffset: number | undefined
}

interface Progress {
  committedOffset: number
  sinceMs: number
  /** Records per millisecond. */
  rate: number
  seen: boolean
}

/** Of older speed this part counts. */
const INERTIA = 0.5

export class ConsumerLag {
  readonly #progress = new Map<string, Progress>();

  /** Groups whose name has a colon or is not ASCII cannot be told, as in MSK. */
  *samples(positions: Iterable<GroupPosition>, nowMs: number): Generator<Sample> {
    const topics = new Map<
      string,
      { keys: Record<string, string>; sum: number; max: number; seconds: number }
    >()
    for (const progress of this.#progress.values()) progress.seen = false
    for (const position of positions) {
      const { groupId, topic, partition } = position
      if (!/^[\x20-\x39\x3b-\x7e]+$/.test(groupId)) continue
      const keys = { groupId, topic, partition: String(partition) }
      if (position.endOffset === undefined) {
        yield* this.#elsewhere(position, keys, nowMs)
        continue
      }
      const lag = Math.max(0, position.endOffset - position.committedOffset)
      const seconds = this.#seconds(position, lag, nowMs)
      yield lagGauge('OffsetLag', keys, lag)
      yield lagGauge('EstimatedTimeLag', keys, seconds)
      const name = `${groupId}\n${topic}`
      const all = topics.get(name) ?? { keys: { groupId, topic }, sum: 0, max: 0, seconds: 0 }
      all.sum += lag
      all.max = Math.max(all.max, lag)
      all.seconds = Math.max(all.seconds, seconds)
      topics.set(name, all)
    }
    for (const { keys, sum, max, seconds } of topics.values()) {
      yield lagGauge('SumOffsetLag', keys, sum)
      yield lagGauge('MaxOffsetLag', keys, max)
      yield lagGauge('EstimatedMaxTimeLag', keys, seconds)
    }
    for (const [name, { seen }] of this.#progress) if (!seen) this.#progress.delete(name)
  }

  *#elsewhere(position: GroupPosition, keys: Record<string, string>, nowMs: number): Generator<Sample> {
    const { rate, sinceMs } = this.#moved(position, false, nowMs)
    yield lagGauge('CommittedOffset', keys, position.committedOffset)
    yield lagGauge('CommitsPerSec', keys, rate * 1000)
    yield lagGauge('SecondsSinceCommit', keys, (nowMs - sinceMs) / 1000)
  }

  #seconds(position: GroupPosition, lag: number, nowMs: number): number {
    const { rate, sinceMs } = this.#moved(position, lag === 0, nowMs)
    if (lag === 0) return 0
    const drainMs = rate > 0 ? lag / rate : 0
    return Math.round(Math.max(drainMs, nowMs - sinceMs) / 1000)
  }

  /** What the group did since the reading before. */
  #moved({ groupId, topic, partition, committedOffset }: GroupPosition, hasAll: boolean, nowMs: number) {
    const name = `${groupId}\n${topic}\n${partition}`
    let progress = this.#progress.get(name)
    if (progress === undefined) {
      progress = { committedOffset, sinceMs: nowMs, rate: 0, seen: true }
      this.#progress.set(name, progress)
    }
    progress.seen = true
    const elapsedMs = nowMs - progress.sinceMs
    if (committedOffset !== progress.committedOffset || hasAll) {
      const moved = Math.max(0, committedOffset - progress.committedOffset)
      const rate = elapsedMs > 0 ? moved / elapsedMs : 0
      progress.rate = progress.rate === 0 ? rate : INERTIA * progress.rate + (1 - INERTIA) * rate
      progress.committedOffset = committedOffset
      progress.sinceMs = nowMs
    }
    return progress
  }
}

function lagGauge(name: string, keys: Readonly<Record<string, string>>, value: number): Sample {
  return gauge('kafka.consumer.group', 'ConsumerLagMetrics', { name, ...keys }, value)
}
