/**
 * The partitions of one fetch session. A follower asks again and again for thousands in which nothing happens: those
 * that it has, and was told, all of *rest*. No fetch looks at them until the partition itself tells of something:
 * records, a high watermark, another role, a failure. Whatever else a look would show is the same as before, but for one
 * thing: that the follower still has everything. The time of the session's last fetch, its pulse, says that for all.
 */
import { assert } from '../replication/assert.ts'
import { type Linked, LinkedList, UNLINKED } from '../replication/linked-list.ts'
import { type AdvanceWatcher, Watchers } from '../replication/partition/watchers.ts'
import type { FetchPartition } from './fetch-sessions.ts'

export interface SessionPartition extends FetchPartition {
  sentHighWatermark: number
  sentLogStartOffset: number
}

/** Linked while it is to be looked at. */
interface Member extends SessionPartition, Linked<Member> {
  /** Where it hears of news. */
  source: Watchers | undefined
  stopListening: () => void
  /** Only while it rests. */
  endRest: (() => void) | undefined
}

export class SessionPartitions {
  readonly #members = new Map<string, Member>()
  /** Those to look at, the one served longest ago first (KIP-74). */
  readonly #due = new LinkedList<Member>()
  readonly #waiting = new Watchers()
  readonly #pulse = { atMs: 0 }
  /** In turn all that rest are looked at nevertheless, one with each fetch, to see that no news was missed. */
  #round = this.#members.values()

  get size(): number {
    return this.#members.size
  }

  has(key: string): boolean {
    return this.#members.has(key)
  }

  /** When the client fetched last. */
  get pulse(): { readonly atMs: number } {
    return this.#pulse
  }

  get isAwaited(): boolean {
    return this.#waiting.count > 0
  }

  due(): readonly SessionPartition[] {
    return this.#due.toArray()
  }

  /** Not if it rests, nor if the client, or the session, has done with it. */
  isDue(partition: FetchPartition): boolean {
    return (partition as Member).isLinked
  }

  /** Everything said of the partitions that rest was said by fetches before this one. */
  beat(nowMs: number): void {
    this.#pulse.atMs = nowMs
  }

  /** A request names the partition: it is looked at. Undefined if it was not here before. */
  name(key: string): SessionPartition | undefined {
    const member = this.#members.get(key)
    if (member !== undefined) this.#wake(member)
    return member
  }

  add(key: string, partition: FetchPartition): void {
    const member: Member = {
      ...partition,
      ...UNLINKED,
      sentHighWatermark: -1,
      sentLogStartOffset: -1,
      source: undefined,
      stopListening: nothing,
      endRest: undefined,
    }
    this.#members.set(key, member)
    this.#due.push(member)
  }

  delete(key: string): void {
    const member = this.#members.get(key)
    if (member === undefined) return
    this.#wake(member)
    member.stopListening()
    this.#due.remove(member)
    this.#members.delete(key)
  }

  /** The session is over. */
  close(): void {
    for (const key of [...this.#members.keys()]) this.delete(key)
  }

  wakeAll(): void {
    for (const member of this.#members.values()) this.#wake(member)
  }

  /** A partition that was served goes behind the others, so that a small answer limit starves none. */
  served(partition: SessionPartition): void {
    const member = partition as Member
    if (member.isLinked) this.#due.push(member)
  }

  /** From now on it hears what `source` tells. */
  listen(partition: FetchPartition, source: Watchers): void {
    const member = partition as Member
    if (member.source === source || !member.isLinked) return
    member.stopListening()
    member.source = source
    member.stopListening = source.add((sizeBytes) => {
      this.#wake(member)
      this.#waiting.notify(sizeBytes)
    })
  }

  /** Not looked at until its source tells of something, or it is named. `end` is called then. */
  rest(partition: FetchPartition, end: () => void): void {
    const member = partition as Member
    assert(member.isLinked, 'what comes to rest was looked at')
    assert(member.source !== undefined, 'what rests hears of news')
    this.#due.remove(member)
    member.endRest = end
  }

  /** A request waits for news of any of them, until the returned function is called. */
  await(watcher: AdvanceWatcher): () => void {
    return this.#waiting.add(watcher)
  }

  /** One of those that rest, to be looked at now: a different one each time. */
  wakeNext(): SessionPartition | undefined {
    let next = this.#round.next()
    if (next.done) {
      this.#round = this.#members.values()
      next = this.#round.next()
    }
    const member = next.value
    if (member?.endRest === undefined) return undefined
    this.#wake(member)
    return member
  }

  #wake(member: Member): void {
    const { endRest } = member
    if (endRest === undefined) return
    member.endRest = undefined
    this.#due.push(member)
    endRest()
  }
}

function nothing(): void {}
