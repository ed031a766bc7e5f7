/**
 * What follows from a change of a group: regular expressions are resolved, the group epoch rises if something
 * changed that assignments rest on, and a new target assignment is made for the new epoch.
 */

import { assert } from '../assert.ts'
import type { Assignor } from '../assignors/assignor.ts'
import { rangeAssignor } from '../assignors/range.ts'
import { uniformAssignor } from '../assignors/uniform.ts'
import { assignmentDueMs } from '../target/assignment-interval.ts'
import { samePartitions } from '../target/partitions.ts'
import { metadataHash } from '../target/topics-view.ts'
import type { Effects } from '../types.ts'
import type { ConsumerGroup } from './consumer-group.ts'
import type { Matches } from './regexes.ts'
import { write } from './write.ts'

/** New topics are looked for at most this often. */
const REGEX_REFRESH_PAUSE_MS = 10_000

const assignors: ReadonlyMap<string, Assignor> = new Map(
  [uniformAssignor, rangeAssignor].map((assignor) => [assignor.name, assignor]),
)

/** `mustBump`: members or subscriptions changed. */
export function settle(effects: Effects, group: ConsumerGroup, mustBump: boolean): void {
  const isResolvedAnew = resolveRegexes(effects, group)
  if (mustBump || isResolvedAnew || group.isMetadataStale) {
    const hash = metadataHash(effects.topics, group.subscribedTopics())
    group.isMetadataStale = false
    if (mustBump || isResolvedAnew || hash !== group.metadataHash) {
      const value = { epoch: group.groupEpoch + 1, metadataHash: hash }
      write(effects, group, { kind: 'consumerGroup', value })
    }
  }
  if (!group.isEmpty) assign(effects, group)
}

/** The one that most members ask for, else the first that is configured. */
export function assignorOf(config: Effects['config'], group: ConsumerGroup): string {
  const votes = new Map<string, number>()
  for (const { serverAssignor } of group.members.values()) {
    if (serverAssignor !== null) votes.set(serverAssignor, (votes.get(serverAssignor) ?? 0) + 1)
  }
  let [elected = ''] = config.groupConsumerAssignors
  for (const name of config.groupConsumerAssignors) {
    if ((votes.get(name) ?? 0) > (votes.get(elected) ?? 0)) elected = name
  }
  return elected
}

/** Returns whether some expression stands for other topics than before. */
function resolveRegexes(effects: Effects, group: ConsumerGroup): boolean {
  const { nowMs, topics, config } = effects
  const { resolution } = group
  const used = new Set<string>()
  for (const { subscribedTopicRegex } of group.members.values()) {
    if (subscribedTopicRegex) used.add(subscribedTopicRegex)
  }
  for (const regex of group.regexes.keys()) {
    if (!used.has(regex)) write(effects, group, { kind: 'consumerRegex', regex, value: null })
  }
  if (used.size === 0) return false
  const hasNew = [...used].some((regex) => !group.regexes.has(regex) && !resolution.isPending(regex))
  const pauseMs =
    resolution.version === topics.version
      ? config.groupConsumerRegexRefreshIntervalMs
      : REGEX_REFRESH_PAUSE_MS
  const refreshMs = resolution.lastRefreshMs + pauseMs
  if (hasNew || refreshMs <= nowMs) {
    resolution.lastRefreshMs = nowMs
    resolution.start(used, topics.names(), topics.version)
  }
  const matches = resolution.step()
  group.wakeAt(resolution.isUnderWay ? nowMs : resolution.lastRefreshMs + pauseMs)
  return matches !== undefined && keepMatches(effects, group, matches)
}

function keepMatches(effects: Effects, group: ConsumerGroup, { topics, version }: Matches): boolean {
  let isChanged = false
  for (const [regex, names] of topics) {
    const known = group.regexes.get(regex)
    const isSame =
      known?.topics.length === names.length && known.topics.every((name, at) => name === names[at])
    if (isSame) continue
    const value = { topics: names, version, timestampMs: effects.wallMs }
    write(effects, group, { kind: 'consumerRegex', regex, value })
    isChanged = true
  }
  return isChanged
}

/** At most every consumer.assignment.interval.ms: many changes that come together make one assignment (KIP-1263). */
function assign(effects: Effects, group: ConsumerGroup): void {
  if (group.assignmentEpoch >= group.groupEpoch) return
  const { wallMs, topics, config } = effects
  const { consumerAssignmentIntervalMs } = effects.settingsOf(group.groupId)
  const dueMs = assignmentDueMs(effects, group.assignmentTimestampMs, consumerAssignmentIntervalMs)
  if (dueMs > effects.nowMs) {
    group.wakeAt(dueMs)
    return
  }
  const assignor = assignors.get(assignorOf(config, group))
  assert(assignor !== undefined, `${group.groupId} has no assignor`)
  const members = [...group.members.values()].map((member) => ({
    memberId: member.memberId,
    groupInstanceId: member.groupInstanceId,
    subscribedTopicIds: new Set(
      [...group.topicsOf(member)].flatMap((name) => topics.byName(name)?.topicId ?? []),
    ),
    assigned: group.targetOf(member.memberId),
  }))
  const targets = assignor.assign({
    members,
    partitionCount: (topicId) => topics.byId(topicId)?.partitionCount ?? 0,
  })
  for (const [memberId, target] of targets) {
    const isNew = !group.hasTarget(memberId)
    if (!isNew && samePartitions(target, group.targetOf(memberId))) continue
    write(effects, group, { kind: 'consumerTarget', memberId, value: target })
  }
  const value = { assignmentEpoch: group.groupEpoch, assignmentTimestampMs: wallMs }
  write(effects, group, { kind: 'consumerTargetEpoch', value })
}
