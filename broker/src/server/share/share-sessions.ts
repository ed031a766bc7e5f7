import type { SharedPartition } from '../../coordinators/share/index.ts'
import { ErrorCode, KafkaError } from '../../wire/index.ts'

export interface ShareSession {
  readonly groupId: string
  readonly memberId: string
  epoch: number
  /** What the member fetches from this broker. */
  readonly partitions: Map<string, SharedPartition>
}

const EPOCH_MAX = 0x7fffffff

/** Share sessions: what each member of a share group fetches from this broker (KIP-932). A member has one. */
export class ShareSessions {
  readonly #sessionsMax: number
  readonly #sessions = new Map<string, ShareSession>()
  readonly #onClosed: (session: ShareSession, isLastOfGroup: boolean) => void

  /** `group.share.max.share.sessions` */
  constructor(sessionsMax: number, onClosed: (session: ShareSession, isLastOfGroup: boolean) => void) {
    this.#sessionsMax = sessionsMax
    this.#onClosed = onClosed
  }

  get count(): number {
    return this.#sessions.size
  }

  /** Begins a session, in place of one that the member had. Throws SHARE_SESSION_LIMIT_REACHED. */
  open(groupId: string, memberId: string): ShareSession {
    const name = nameOf(groupId, memberId)
    if (!this.#sessions.has(name) && this.#sessions.size >= this.#sessionsMax)
      throw new KafkaError(ErrorCode.SHARE_SESSION_LIMIT_REACHED)
    this.#sessions.get(name)?.partitions.clear()
    const session = { groupId, memberId, epoch: 1, partitions: new Map<string, SharedPartition>() }
    this.#sessions.set(name, session)
    return session
  }

  /** The session, which expects this epoch; the next one is expected after it. */
  use(groupId: string, memberId: string, epoch: number): ShareSession {
    const session = this.find(groupId, memberId)
    if (session.epoch !== epoch) throw new KafkaError(ErrorCode.INVALID_SHARE_SESSION_EPOCH)
    session.epoch = session.epoch === EPOCH_MAX ? 1 : session.epoch + 1
    return session
  }

  find(groupId: string, memberId: string): ShareSession {
    const session = this.#sessions.get(nameOf(groupId, memberId))
    if (session === undefined) throw new KafkaError(ErrorCode.SHARE_SESSION_NOT_FOUND)
    return session
  }

  /** Whether the session is still the one that its member has. */
  isCurrent(session: ShareSession): boolean {
    return this.#sessions.get(nameOf(session.groupId, session.memberId)) === session
  }

  hasGroup(groupId: string): boolean {
    return [...this.#sessions.values()].some((session) => session.groupId === groupId)
  }

  /** Does nothing if the session was closed, or replaced by another, before. */
  close(session: ShareSession): void {
    if (!this.isCurrent(session)) return
    this.#sessions.delete(nameOf(session.groupId, session.memberId))
    this.#onClosed(session, !this.hasGroup(session.groupId))
  }
}

function nameOf(groupId: string, memberId: string): string {
  return `${groupId}\n${memberId}`
}
