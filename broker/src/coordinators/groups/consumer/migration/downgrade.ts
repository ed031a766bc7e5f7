/** When the last member of the consumer protocol has left, the others make a classic group again. */
import { ClassicGroup } from '../../classic/classic-group.ts'
import { metadataOf, NO_BYTES, ownBytes } from '../../classic/member.ts'
import { prepareRebalance } from '../../classic/rebalance.ts'
import { startSessions } from '../../classic/sessions.ts'
import { persistGroup } from '../../records.ts'
import type { Effects } from '../../types.ts'
import type { ConsumerGroup } from '../consumer-group.ts'
import { byTopicName } from './classic-metadata.ts'
import { writeAssignment } from './embedded-protocol.ts'

/** Returns whether it happened: then the group that was given is no more. */
export function downgradeIfClassic(effects: Effects, group: ConsumerGroup): boolean {
  const { groupConsumerMigrationPolicy: policy, groupMaxSize } = effects.config
  const { members, classicMemberCount } = group
  if (members.size === 0 || classicMemberCount < members.size || members.size > groupMaxSize) return false
  if (policy !== 'downgrade' && policy !== 'bidirectional') return false
  effects.records.push(...group.tombstones())
  const classic = toClassicGroup(effects, group)
  effects.groups.put(classic)
  persistGroup(effects, classic)
  startSessions(classic, effects.nowMs)
  prepareRebalance(effects, classic)
  return true
}

function toClassicGroup(effects: Effects, group: ConsumerGroup): ClassicGroup {
  const { wallMs, topics } = effects
  const classic = new ClassicGroup(group.groupId, group.offsets, wallMs)
  classic.state = 'Stable'
  classic.generationId = group.groupEpoch
  for (const member of group.members.values()) {
    if (!member.classic) throw new Error(`${member.memberId} of ${group.groupId} is no classic member`)
    const { sessionTimeoutMs, supportedProtocols } = member.classic
    const { memberId, groupInstanceId, clientId, clientHost, rebalanceTimeoutMs } = member
    classic.add(
      {
        ...{ memberId, groupInstanceId, clientId, clientHost, rebalanceTimeoutMs, sessionTimeoutMs },
        protocols: supportedProtocols,
        assignment: NO_BYTES,
        isNew: false,
        sessionDeadlineMs: Infinity,
        parkedJoin: undefined,
        parkedSync: undefined,
      },
      group.protocolType,
    )
  }
  classic.protocolName = classic.selectProtocol()
  classic.refreshSubscribedTopics()
  for (const member of classic.members.values()) {
    const assigned = group.members.get(member.memberId)?.assigned ?? new Map()
    const metadata = metadataOf(member, classic.protocolName)
    member.assignment = ownBytes(writeAssignment(metadata, byTopicName(topics, assigned)))
  }
  return classic
}
