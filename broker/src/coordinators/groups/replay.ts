/** From the log back to groups: each record says what is so from then on. */
import type { ProducerStamp } from '../coordinator-shard.ts'
import { assert } from './assert.ts'
import type { ClassicGroup } from './classic/classic-group.ts'
import { ownBytes } from './classic/member.ts'
import { ConsumerGroup } from './consumer/consumer-group.ts'
import type { ConsumerEntry } from './consumer/records.ts'
import type { Groups } from './groups.ts'
import type { Entry, GroupMetadata } from './records.ts'
import type { ShareEntry } from './share/records.ts'
import { ShareGroup } from './share/share-group.ts'
import type { StreamsEntry } from './streams/records.ts'
import { StreamsGroup } from './streams/streams-group.ts'

/** A group without a GroupMetadata record was never in a state that had a beginning. */
const UNKNOWN_TIME = -1

export function replayRecord(groups: Groups, entry: Entry, transaction: ProducerStamp | undefined): void {
  if (entry.kind === 'other') return
  const { groupId } = entry
  if (entry.kind === 'offset') {
    const { topic, partition, value } = entry
    if (transaction && value)
      groups.addPending(transaction.producerId, groupId, { topic, partition, committed: value })
    else groups.offsetsOf(groupId).set(topic, partition, value)
  } else if (entry.kind === 'group') {
    const { value } = entry
    if (value) readGroup(groups.openClassic(groupId, value.currentStateTimestamp), value)
    else if (groups.get(groupId)?.type === 'classic') groups.remove(groupId)
  } else if (isShareEntry(entry)) {
    replayShareEntry(groups, groupId, entry)
  } else if (isStreamsEntry(entry)) {
    replayStreamsEntry(groups, groupId, entry)
  } else {
    replayConsumerEntry(groups, groupId, entry)
  }
}

function isStreamsEntry<Other extends Entry>(entry: Other | StreamsEntry): entry is StreamsEntry {
  return entry.kind.startsWith('streams')
}

function replayStreamsEntry(groups: Groups, groupId: string, entry: StreamsEntry): void {
  const known = groups.get(groupId)
  if (entry.value === null) {
    if (known?.type !== 'streams') return
    known.apply(entry)
    if (entry.kind === 'streamsGroup') groups.remove(groupId)
    return
  }
  const group = known?.type === 'streams' ? known : new StreamsGroup(groupId, groups.offsetsOf(groupId))
  if (group !== known) groups.put(group)
  group.apply(entry)
}

/** A group of another kind is what the log says later: what a consumer group removes of itself does not touch it. */
function replayConsumerEntry(groups: Groups, groupId: string, entry: ConsumerEntry): void {
  const known = groups.get(groupId)
  if (entry.value === null) {
    if (known?.type !== 'consumer') return
    known.apply(entry)
    if (entry.kind === 'consumerGroup') groups.remove(groupId)
    return
  }
  const group = known?.type === 'consumer' ? known : new ConsumerGroup(groupId, groups.offsetsOf(groupId))
  if (group !== known) groups.put(group)
  group.apply(entry)
}

function isShareEntry<Other extends Entry>(entry: Other | ShareEntry): entry is ShareEntry {
  return entry.kind.startsWith('share')
}

function replayShareEntry(groups: Groups, groupId: string, entry: ShareEntry): void {
  const known = groups.get(groupId)
  if (entry.value === null) {
    if (known?.type !== 'share') return
    known.apply(entry)
    if (entry.kind === 'shareGroup') groups.remove(groupId)
    return
  }
  const group = known?.type === 'share' ? known : new ShareGroup(groupId, groups.offsetsOf(groupId))
  if (group !== known) groups.put(group)
  group.apply(entry)
}

/** After the last record: offsets without a group are those of a group that never had members, or has none any more. */
export function finishReplay(groups: Groups): void {
  for (const [groupId, offsets] of [...groups.allOffsets()]) {
    if (groups.get(groupId)) continue
    if (offsets.isEmpty) groups.remove(groupId)
    else groups.openClassic(groupId, UNKNOWN_TIME)
  }
}

/** Makes a group out of its GroupMetadata record; offsets are records of their own. */
function readGroup(group: ClassicGroup, metadata: GroupMetadata): void {
  const { protocolType, protocol, generation, leader, members } = metadata
  assert(group.members.size === 0, `${group.groupId} is read twice`)
  group.state = members.length === 0 ? 'Empty' : 'Stable'
  group.generationId = generation
  group.protocolType = protocolType === '' ? null : protocolType
  group.protocolName = protocol
  group.leaderId = leader
  group.isPersisted = true
  for (const member of members) {
    group.add(
      {
        memberId: member.memberId,
        groupInstanceId: member.groupInstanceId,
        clientId: member.clientId,
        clientHost: member.clientHost,
        sessionTimeoutMs: member.sessionTimeout,
        rebalanceTimeoutMs: member.rebalanceTimeout < 0 ? member.sessionTimeout : member.rebalanceTimeout,
        protocols: protocol === null ? [] : [{ name: protocol, metadata: ownBytes(member.subscription) }],
        assignment: ownBytes(member.assignment),
        isNew: false,
        sessionDeadlineMs: Infinity,
        parkedJoin: undefined,
        parkedSync: undefined,
      },
      protocolType,
    )
  }
  group.refreshSubscribedTopics()
}
