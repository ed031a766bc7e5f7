/** One member of a consumer group (KIP-848). Members are never changed: what changes is put in their place. */
export const memberState = { stable: 0, unrevoked: 1, unreleased: 2 } as const

/** The member epoch of a static member that left for a while, as it says in its heartbeat and its record. */
export const LEFT_FOR_A_WHILE_EPOCH = -2
export const LEAVE_EPOCH = -1
export const JOIN_EPOCH = 0

/** Partitions with the epochs in which the member got them (KIP-1251). */
export type OwnedPartitions = ReadonlyMap<string, ReadonlyMap<number, number>>

/** What a member that speaks the classic protocol brought along. */
export interface ClassicMemberMetadata {
  readonly sessionTimeoutMs: number
  readonly supportedProtocols: readonly { readonly name: string; readonly metadata: Buffer }[]
}

/** What a member says of itself: one record. */
export interface MemberMetadata {
  readonly groupInstanceId: string | null
  readonly rackId: string | null
  readonly clientId: string
  readonly clientHost: string
  /** Sorted. */
  readonly subscribedTopicNames: readonly string[]
  /** Null if there is none. */
  readonly subscribedTopicRegex: string | null
  readonly rebalanceTimeoutMs: number
  readonly serverAssignor: string | null
  readonly classic: ClassicMemberMetadata | null
}

/** How far a member got towards its target: another record. */
export interface CurrentAssignment {
  readonly memberEpoch: number
  readonly previousMemberEpoch: number
  readonly state: number
  readonly assigned: OwnedPartitions
  readonly pendingRevocation: OwnedPartitions
}

export interface ConsumerMember extends MemberMetadata, CurrentAssignment {
  readonly memberId: string
}

export const NOTHING_ASSIGNED: CurrentAssignment = {
  memberEpoch: 0,
  previousMemberEpoch: -1,
  state: memberState.stable,
  assigned: new Map(),
  pendingRevocation: new Map(),
}

export function sameOwned(one: OwnedPartitions, other: OwnedPartitions): boolean {
  if (one.size !== other.size) return false
  for (const [topicId, partitions] of one) {
    const others = other.get(topicId)
    if (others?.size !== partitions.size) return false
    for (const [partition, epoch] of partitions) if (others.get(partition) !== epoch) return false
  }
  return true
}

export function sameCurrentAssignment(one: CurrentAssignment, other: CurrentAssignment): boolean {
  return (
    one.memberEpoch === other.memberEpoch &&
    one.previousMemberEpoch === other.previousMemberEpoch &&
    one.state === other.state &&
    sameOwned(one.assigned, other.assigned) &&
    sameOwned(one.pendingRevocation, other.pendingRevocation)
  )
}

/** Apart from the classic protocol's bytes, which only matter together with the rest of a JoinGroup. */
export function sameMetadata(one: MemberMetadata, other: MemberMetadata): boolean {
  return (
    one.groupInstanceId === other.groupInstanceId &&
    one.rackId === other.rackId &&
    one.clientId === other.clientId &&
    one.clientHost === other.clientHost &&
    one.rebalanceTimeoutMs === other.rebalanceTimeoutMs &&
    sameSubscription(one, other) &&
    sameClassicMetadata(one.classic, other.classic)
  )
}

/** What the target assignment depends on. */
export function sameSubscription(one: MemberMetadata, other: MemberMetadata): boolean {
  return (
    one.subscribedTopicRegex === other.subscribedTopicRegex &&
    one.serverAssignor === other.serverAssignor &&
    one.groupInstanceId === other.groupInstanceId &&
    one.subscribedTopicNames.length === other.subscribedTopicNames.length &&
    one.subscribedTopicNames.every((name, index) => name === other.subscribedTopicNames[index])
  )
}

function sameClassicMetadata(
  one: ClassicMemberMetadata | null,
  other: ClassicMemberMetadata | null,
): boolean {
  if (one === null || other === null) return one === other
  return (
    one.sessionTimeoutMs === other.sessionTimeoutMs &&
    one.supportedProtocols.length === other.supportedProtocols.length &&
    one.supportedProtocols.every((protocol, index) => {
      const same = other.supportedProtocols[index]
      return same?.name === protocol.name && same.metadata.equals(protocol.metadata)
    })
  )
}
