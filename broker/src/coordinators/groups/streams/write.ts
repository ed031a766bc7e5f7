import type { Effects } from '../types.ts'
import { type StreamsEntry, streamsRecord } from './records.ts'
import type { StreamsGroup } from './streams-group.ts'

/** Changes a group by what its log will say. */
export function write(effects: Pick<Effects, 'records'>, group: StreamsGroup, entry: StreamsEntry): void {
  group.apply(entry)
  effects.records.push(streamsRecord(group.groupId, entry))
}

export function removeMember(effects: Effects, group: StreamsGroup, memberId: string): void {
  write(effects, group, { kind: 'streamsCurrent', memberId, value: null })
  write(effects, group, { kind: 'streamsTarget', memberId, value: null })
  write(effects, group, { kind: 'streamsMember', memberId, value: null })
}
