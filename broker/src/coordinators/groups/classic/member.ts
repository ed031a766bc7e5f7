/** One member of a classic group. */

export interface Protocol {
  readonly name: string
  readonly metadata: Buffer
}

/** A request that is answered by a later outcome. */
export interface ParkedJoin {
  readonly token: unknown
  readonly version: number
}

export interface ParkedSync {
  readonly token: unknown
}

export interface Member {
  readonly memberId: string
  /** Of a static member (KIP-345). */
  readonly groupInstanceId: string | null
  clientId: string
  clientHost: string
  sessionTimeoutMs: number
  rebalanceTimeoutMs: number
  /** In the member's order of preference, each name once. */
  protocols: readonly Protocol[]
  assignment: Buffer
  /** Until its first join is answered: it does not know its id yet and cannot send heartbeats. */
  isNew: boolean
  sessionDeadlineMs: number
  parkedJoin: ParkedJoin | undefined
  parkedSync: ParkedSync | undefined
}

export const NO_BYTES: Buffer = Buffer.alloc(0)

/** Copies what a request says: request bytes are views into a frame that is reused. */
export function ownProtocols(protocols: readonly Protocol[]): Protocol[] {
  const byName = new Map<string, Protocol>()
  for (const { name, metadata } of protocols) {
    if (!byName.has(name)) byName.set(name, { name, metadata: ownBytes(metadata) })
  }
  return [...byName.values()]
}

/** A copy to be kept. Node cuts an ordinary one out of a slab of 64 KiB, which would live as long as the member. */
export function ownBytes(bytes: Buffer): Buffer {
  const own = Buffer.allocUnsafeSlow(bytes.length)
  bytes.copy(own)
  return own
}

/** Whether a member that joins again says exactly what it said before. */
export function sameProtocols(known: readonly Protocol[], offered: readonly Protocol[]): boolean {
  if (known.length !== offered.length) return false
  return known.every((protocol, index) => {
    const other = offered[index]
    return other !== undefined && other.name === protocol.name && other.metadata.equals(protocol.metadata)
  })
}

export function metadataOf(member: Member, protocolName: string | null): Buffer {
  return member.protocols.find((protocol) => protocol.name === protocolName)?.metadata ?? NO_BYTES
}
