/**
 * Offset expiry (offsets.retention.minutes, KIP-211). An empty group keeps its offsets for a while after its
 * last member left; a group with members keeps those of the topics that it is subscribed to. A group that is
 * empty and keeps nothing is deleted.
 */
import type { ClassicGroup, CommittedOffset } from './classic-group.ts'
import type { GroupConfig } from './config.ts'
import { setOffset } from './offsets.ts'
import { groupTombstone, offsetTombstone } from './records.ts'
import type { Effects } from './types.ts'

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

  run(effects: Effects, groups: Map<string, ClassicGroup>, settle: (group: ClassicGroup) => void): void {
    if (effects.nowMs < this.dueMs) return
    if (this.toCheck.length === 0) this.toCheck = [...groups.keys()]
    let checked = 0
    for (let groupId = this.toCheck.at(-1); groupId !== undefined; groupId = this.toCheck.at(-1)) {
      if (checked >= MAX_CHECKED_PER_RUN || effects.records.length >= MAX_EXPIRED_PER_RUN) return
      const group = groups.get(groupId)
      checked += 1 + (group ? expireOffsets(effects, group, MAX_EXPIRED_PER_RUN) : 0)
      if (effects.records.length >= MAX_EXPIRED_PER_RUN) return
      this.toCheck.pop()
      if (!group) continue
      deleteIfSpent(effects, group)
      settle(group)
    }
    this.start(effects.nowMs, effects.config)
  }
}

/** Removes expired offsets until the outcome has `maxRecords`. Returns how many offsets it looked at. */
function expireOffsets(effects: Effects, group: ClassicGroup, maxRecords: number): number {
  const since = retainedSince(group)
  if (!since) return 0
  let seen = 0
  for (const [topic, partitions] of group.offsets) {
    if (group.isSubscribed(topic)) continue
    for (const [partition, committed] of partitions) {
      if (effects.records.length >= maxRecords) return seen
      seen++
      if (!isExpired(effects, committed, since(committed))) continue
      setOffset(group, topic, partition, null)
      effects.records.push(offsetTombstone(group.groupId, topic, partition))
    }
  }
  return seen
}

/** An empty group without offsets has nothing to tell any more. The caller forgets it. */
function deleteIfSpent(effects: Effects, group: ClassicGroup): void {
  if (group.state !== 'Empty' || group.offsets.size > 0 || group.pendingMembers.size > 0) return
  group.isPersisted = false
  effects.records.push(groupTombstone(group.groupId))
}

/** From when on the retention of an offset counts; nothing while no offset of the group may expire. */
function retainedSince(group: ClassicGroup): ((committed: CommittedOffset) => number) | undefined {
  if (group.protocolType === null) return (committed) => committed.commitTimestampMs
  if (group.state === 'Empty') {
    return (committed) => (group.stateTimestampMs < 0 ? committed.commitTimestampMs : group.stateTimestampMs)
  }
  const hasSubscriptions = group.state === 'Stable' && group.usesConsumerProtocol
  return hasSubscriptions ? (committed) => committed.commitTimestampMs : undefined
}

function isExpired({ config, nowMs }: Effects, committed: CommittedOffset, sinceMs: number): boolean {
  if (committed.expireTimestampMs >= 0) return nowMs >= committed.expireTimestampMs
  return nowMs - sinceMs >= config.offsetsRetentionMs
}
