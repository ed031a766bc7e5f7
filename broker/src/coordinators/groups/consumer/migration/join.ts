/** JoinGroup into a consumer group. It is answered at once: nobody has to wait for the others. */
import { ErrorCode } from '../../../../wire/index.ts'
import type { JoinGroupResponse } from '../../bodies.ts'
import { type Join, joinGroup, refuse } from '../../classic/join.ts'
import { ownProtocols } from '../../classic/member.ts'
import { joinError } from '../../classic/replies.ts'
import type { Group } from '../../group.ts'
import type { Effects } from '../../types.ts'
import type { ConsumerGroup } from '../consumer-group.ts'
import { findMember } from '../find.ts'
import { describeMember } from '../heartbeat.ts'
import { type ConsumerMember, sameSubscription } from '../member.ts'
import { advance, renewSession, setDeadline } from '../progress.ts'
import { settle } from '../settle.ts'
import { replaceStaticMember } from '../static-members.ts'
import { codeOf } from './classic-members.ts'
import { byTopicId, classicMetadata, subscriptionIn } from './classic-metadata.ts'

const REQUIRE_MEMBER_ID_VERSION = 4

/** An empty group takes the protocol of whoever joins first. */
export function joinAnyGroup(effects: Effects, known: Group | undefined, join: Join): void {
  const { request, token } = join
  if (known?.type === 'consumer' && !known.isEmpty) {
    effects.replies.push({ token, response: joinConsumerGroup(effects, known, join) })
    return
  }
  if (known && known.type !== 'classic') {
    if (!known.isEmpty || known.type === 'share') {
      refuse(effects, join, ErrorCode.INCONSISTENT_GROUP_PROTOCOL)
      return
    }
    effects.records.push(...known.tombstones())
  }
  const group =
    known?.type === 'classic' ? known : effects.groups.openClassic(request.groupId, effects.wallMs)
  joinGroup(effects, group, join)
}

export function joinConsumerGroup(effects: Effects, group: ConsumerGroup, join: Join): JoinGroupResponse {
  const { request, caller } = join
  const refused = (errorCode: number, memberId = request.memberId) =>
    joinError(errorCode, memberId, caller.version)
  const protocols = ownProtocols(request.protocols)
  const subscription = supports(group, request.protocolType, protocols) ? subscriptionIn(protocols) : null
  if (!subscription) return refused(ErrorCode.INCONSISTENT_GROUP_PROTOCOL)
  const found = findJoining(effects, group, join)
  if ('errorCode' in found) return refused(found.errorCode, found.memberId)
  const { known, memberId } = found
  const before =
    known && known.memberId !== memberId ? replaceStaticMember(effects, group, known, memberId) : known
  const { sessionTimeoutMs, rebalanceTimeoutMs, groupInstanceId } = request
  const identity = {
    groupInstanceId,
    clientId: caller.clientId ?? '',
    clientHost: caller.clientHost,
    sessionTimeoutMs,
    rebalanceTimeoutMs: rebalanceTimeoutMs < 0 ? sessionTimeoutMs : rebalanceTimeoutMs,
  }
  const metadata = classicMetadata(identity, protocols, subscription)
  const member = describeMember(effects, group, before, memberId, metadata)
  settle(effects, group, !before || !sameSubscription(before, member))
  const moved = advance(effects, group, member, byTopicId(effects.topics, subscription.ownedPartitions))
  renewSession(effects, group, moved)
  if (group.memberDeadlines.get(memberId)?.reason !== 'revoke') setDeadline(effects, group, moved, 'sync')
  return {
    errorCode: ErrorCode.NONE,
    generationId: moved.memberEpoch,
    protocolType: group.protocolType,
    protocolName: protocols[0]?.name ?? null,
    leader: '',
    memberId,
    members: [],
  }
}

function supports(
  group: ConsumerGroup,
  protocolType: string,
  protocols: readonly { readonly name: string }[],
): boolean {
  if (protocolType !== group.protocolType) return false
  return protocols.some(({ name }) => group.classicProtocols.of(name) === group.classicMemberCount)
}

type Found =
  | { readonly known: ConsumerMember | undefined; readonly memberId: string }
  | { readonly errorCode: number; readonly memberId: string }

function findJoining(effects: Effects, group: ConsumerGroup, join: Join): Found {
  const { request, caller, newMemberUuid } = join
  const { memberId, groupInstanceId } = request
  const isFull = group.members.size >= effects.config.groupConsumerMaxSize
  if (memberId === '') {
    const newId = `${groupInstanceId ?? caller.clientId ?? ''}-${newMemberUuid()}`
    const known = groupInstanceId === null ? undefined : group.staticMember(groupInstanceId)
    if (!known && isFull) return { errorCode: ErrorCode.GROUP_MAX_SIZE_REACHED, memberId: '' }
    if (groupInstanceId === null && caller.version >= REQUIRE_MEMBER_ID_VERSION) {
      return { errorCode: ErrorCode.MEMBER_ID_REQUIRED, memberId: newId }
    }
    return { known, memberId: newId }
  }
  if (groupInstanceId === null && !group.members.has(memberId)) {
    // The second request of a dynamic member, with the id that the first one brought (KIP-394).
    if (isFull) return { errorCode: ErrorCode.GROUP_MAX_SIZE_REACHED, memberId: '' }
    return { known: undefined, memberId }
  }
  try {
    return { known: findMember(group, memberId, groupInstanceId), memberId }
  } catch (error) {
    return { errorCode: codeOf(error), memberId }
  }
}
