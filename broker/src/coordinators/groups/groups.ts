/**
 * All groups of one shard by their ids, and what they have committed. Offsets are kept beside the groups: in the
 * log they outlive a group's own records, when it changes its protocol.
 */
import type { ReplayedMarker } from '../coordinator-shard.ts'
import { assert } from './assert.ts'
import { ClassicGroup } from './classic/classic-group.ts'
import type { Group } from './group.ts'
import { type CommittedOffset, GroupOffsets } from './offsets/group-offsets.ts'

interface NewOffset {
  readonly topic: string
  readonly partition: number
  readonly committed: CommittedOffset
}

export class Groups {
  private readonly groups = new Map<string, Group>()
  private readonly offsets = new Map<string, GroupOffsets>()
  /** The groups that a producer's open transaction commits offsets of. */
  private readonly pending = new Map<number, Set<string>>()

  get size(): number {
    return this.groups.size
  }

  get(groupId: string): Group | undefined {
    return this.groups.get(groupId)
  }

  values(): IterableIterator<Group> {
    return this.groups.values()
  }

  ids(): string[] {
    return [...this.groups.keys()]
  }

  /** Of every group that committed something, also of one whose own records are not read yet. */
  allOffsets(): ReadonlyMap<string, GroupOffsets> {
    return this.offsets
  }

  offsetsOf(groupId: string): GroupOffsets {
    const known = this.offsets.get(groupId)
    if (known) return known
    const offsets = new GroupOffsets()
    this.offsets.set(groupId, offsets)
    return offsets
  }

  /** An offset counts when the producer's transaction commits. */
  addPending(producerId: number, groupId: string, { topic, partition, committed }: NewOffset): void {
    this.offsetsOf(groupId).pending.add(producerId, topic, partition, committed)
    const groupIds = this.pending.get(producerId)
    if (groupIds) groupIds.add(groupId)
    else this.pending.set(producerId, new Set([groupId]))
  }

  /** A producer's transaction is over. Returns the groups that it was about. */
  endTransaction({ producerId, isCommit }: ReplayedMarker): string[] {
    const groupIds = [...(this.pending.get(producerId) ?? [])]
    this.pending.delete(producerId)
    for (const groupId of groupIds) {
      const offsets = this.offsetsOf(groupId)
      for (const { topic, partition, committed } of offsets.pending.take(producerId)) {
        if (isCommit) offsets.set(topic, partition, committed)
      }
    }
    return groupIds
  }

  /** In place of one of another kind, if there is one. */
  put(group: Group): void {
    assert(group.offsets === this.offsets.get(group.groupId), `${group.groupId} has offsets of its own`)
    this.groups.set(group.groupId, group)
  }

  /** Classic groups come to be when they are first named. */
  openClassic(groupId: string, wallMs: number): ClassicGroup {
    const group = new ClassicGroup(groupId, this.offsetsOf(groupId), wallMs)
    this.groups.set(groupId, group)
    return group
  }

  /** Takes a group out; its offsets stay if it left some. */
  remove(groupId: string): void {
    this.groups.delete(groupId)
    if (this.offsets.get(groupId)?.isEmpty) this.offsets.delete(groupId)
  }

  clear(): void {
    this.groups.clear()
    this.offsets.clear()
    this.pending.clear()
  }
}
