/** What kind of topic the clients of a run use. */
import type { Keys } from './clients/keyed-records.ts'

export interface TopicKind {
  readonly name: string
  readonly topicConfigs: Readonly<Record<string, string>>
  readonly properties: Readonly<Record<string, string>>
  /** Of the records; left out if they have none. */
  readonly keys?: Keys
}

export const PLAIN: TopicKind = { name: 'plain', topicConfigs: {}, properties: {} }

/**
 * Segments end after half a second and are cleaned at once, whatever else happens. Tombstones live longer than any run:
 * one that is gone without a later record of its key was dropped too early.
 */
export const COMPACTED: TopicKind = {
  name: 'compacted',
  topicConfigs: {
    'cleanup.policy': 'compact',
    'segment.ms': '500',
    'min.cleanable.dirty.ratio': '0.01',
    'delete.retention.ms': '86400000',
    'file.delete.delay.ms': '1000',
  },
  properties: { 'log.cleaner.backoff.ms': '300' },
  keys: { count: 101, tombstoneEvery: 10 },
}

const ALL: readonly TopicKind[] = [PLAIN, COMPACTED]

export function topicKindNamed(name: string): TopicKind {
  const found = ALL.find((kind) => kind.name === name)
  if (found === undefined)
    throw new Error(`there is no kind of topic ${name}; there are ${ALL.map((each) => each.name)}`)
  return found
}
