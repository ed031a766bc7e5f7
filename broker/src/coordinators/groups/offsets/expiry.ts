/**
 * Offset expiry (offsets.retention.minutes, KIP-211). An empty group keeps its offsets for a while after its
 * last member left; a group with members keeps those of the topics that it is subscribed to. A group that is
 * empty and keeps nothing is deleted.
 */
import type { GroupConfig } from '../config.ts'
import type { Group } from '../group.ts'
import type { Groups } from '../groups.ts'
import { offsetTombstone } from '../records.ts'
import type { Effects } from '../types.ts'
import type { CommittedOffset } from './group-offsets.ts'

/** What one run may do; what is left is due at once. */
const MAX_EXPIRED_PER_RUN = 2_000
const MAX_CHECKED_PER_RUN = 20_000

/** Looks through all groups every offsets.retention.check.interval.ms, in slices. */
export class ExpiryCheck {
  dueMs = Infinity
  /** Groups that the check under way has yet to look at. */
  private toCheck: string[] = []

  start(nowMs: number, config: GroupConfig): void {
    this.dueMs = nowMs + config.offsetsRetentionCheckIntervalMs
  }

  run(effects: Effects, groups: Groups, forget: (group: Group) => void): void {
    if (effects.nowMs < this.dueMs) return
    if (this.toCheck.length === 0) this.toCheck = groups.ids()
    let checked = 0
    for (let groupId = this.toCheck.at(-1); groupId !== undefined; groupId = this.toCheck.at(-1)) {
      if (checked >= MAX_CHECKED_PER_RUN || effects.records.length >= MAX_EXPIRED_PER_RUN) return
      const group = groups.get(groupId)
      checked += 1 + (group ? expireOffsets(effects, group, MAX_EXPIRED_PER_RUN) : 0)
      if (effects.records.length >= MAX_EXPIRED_PER_RUN) return
      this.toCheck.pop()
      if (!group?.isSpent) continue
      effects.records.push(...group.tombstones())
      forget(group)
    }
    this.start(effects.nowMs, effects.config)
  }
}

/** Removes expired offsets until the outcome has `maxRecords`. Returns how many offsets it looked at. */
function expireOffsets(effects: Effects, group: Group, maxRecords: number): number {
  let seen = 0
  for (const [topic, partitions] of group.offsets.topics()) {
    if (group.isSubscribed(topic)) continue
    for (const [partition, committed] of partitions) {
      if (effects.records.length >= maxRecords) return seen
      seen++
      const sinceMs = group.retainedSinceMs(committed)
      if (group.offsets.pending.has(topic, partition)) continue
      if (sinceMs === undefined || !isExpired(effects, committed, sinceMs)) continue
      group.offsets.set(topic, partition, null)
      effects.records.push(offsetTombstone(group.groupId, topic, partition))
    }
  }
  return seen
}

function isExpired({ config, wallMs }: Effects, committed: CommittedOffset, sinceMs: number): boolean {
  if (committed.expireTimestampMs >= 0) return wallMs >= committed.expireTimestampMs
  return wallMs - sinceMs >= config.offsetsRetentionMs
}
