/**
 * The follower's side of a fetch session (KIP-227): all members are named once, then only what changed. Pure.
 */
export interface SessionRequest<Member> {
  readonly sessionId: number
  readonly sessionEpoch: number
  readonly wanted: readonly Member[]
  readonly forgotten: readonly Member[]
}

const EPOCH_MAX = 0x7fffffff

export class FollowerSession<Member> {
  readonly #members = new Set<Member>()
  /** Made anew when they were told: a set that is cleared keeps all that it ever had until a major collection. */
  #changed = new Set<Member>()
  #forgotten = new Set<Member>()
  #id = 0
  /** 0 asks for a new session. */
  #epoch = 0

  get size(): number {
    return this.#members.size
  }

  has(member: Member): boolean {
    return this.#members.has(member)
  }

  /** The member is new, or what is wanted of it changed. */
  set(member: Member): void {
    this.#members.add(member)
    this.#changed.add(member)
    this.#forgotten.delete(member)
  }

  delete(member: Member): void {
    if (!this.#members.delete(member)) return
    this.#changed.delete(member)
    this.#forgotten.add(member)
  }

  /** What the next request says. */
  next(): SessionRequest<Member> {
    const isNew = this.#epoch === 0
    const wanted = [...(isNew ? this.#members : this.#changed)]
    const forgotten = isNew ? [] : [...this.#forgotten]
    if (this.#changed.size > 0) this.#changed = new Set()
    if (this.#forgotten.size > 0) this.#forgotten = new Set()
    return { sessionId: this.#id, sessionEpoch: this.#epoch, wanted, forgotten }
  }

  /** The request was answered without an error. Id 0 means that the leader keeps no session. */
  answered(sessionId: number): void {
    this.#id = sessionId
    if (sessionId === 0) this.#epoch = 0
    else this.#epoch = this.#epoch === EPOCH_MAX ? 1 : this.#epoch + 1
  }

  /** Whether the leader took the last request is not known, or it lost the session: the next request names all. */
  reset(): void {
    this.#epoch = 0
  }
}
