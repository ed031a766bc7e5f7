import { describe, expect, it } from 'vitest'
import { ClusterImage } from './image.ts'
import { replay, restoreSnapshot, SnapshotSchedule, takeSnapshot } from './metadata-log.ts'
import { encodeRecords, type MetadataRecord } from './records.ts'
import { TestCluster, uuidOf } from './test-cluster.ts'

function topicEntry(index: number) {
  const records: MetadataRecord[] = [{ type: 'Topic', name: `topic-${index}`, topicId: uuidOf(index) }]
  return { index, payload: encodeRecords(records) }
}

describe('metadata log', () => {
  it('replays entries in order, passing over those it has', () => {
    const image = new ClusterImage()
    replay(image, [topicEntry(0), topicEntry(1)])
    const seen: number[] = []
    replay(image, [topicEntry(1), topicEntry(2)], (change, index) => {
      seen.push(index)
      expect(change.topicsCreated).toHaveLength(1)
    })
    expect(seen).toEqual([2])
    expect([...image.topics.keys()]).toEqual(['topic-0', 'topic-1', 'topic-2'])
  })

  it('refuses a gap', () => {
    expect(() => replay(new ClusterImage(), [topicEntry(0), topicEntry(2)])).toThrow('cannot follow')
  })

  it('restores a snapshot of several parts and goes on from it', () => {
    const cluster = new TestCluster()
    for (const id of [1, 2, 3]) cluster.start(id, `zone-${id}`)
    cluster.create('large', { numPartitions: 2500 })
    const snapshot = takeSnapshot(cluster.image)
    expect(snapshot.parts).toHaveLength(3)
    const image = restoreSnapshot(structuredClone(snapshot))
    expect([...image.toRecords()]).toEqual([...cluster.image.toRecords()])
    replay(image, [topicEntry(cluster.image.offset + 1)])
    expect(image.topics.size).toBe(2)
  })

  it('restores the snapshot of an empty image', () => {
    expect(restoreSnapshot(takeSnapshot(new ClusterImage())).offset).toBe(-1)
  })

  it('asks for a snapshot after enough records or bytes, and lets go of what the one before covers', () => {
    const schedule = new SnapshotSchedule({ maxRecords: 10, maxBytes: 1000 })
    schedule.appended(9, 999)
    expect(schedule.isDue()).toBe(false)
    schedule.appended(1, 0)
    expect(schedule.isDue()).toBe(true)
    expect(schedule.stored(40)).toBe(0)
    expect(schedule.isDue()).toBe(false)
    schedule.appended(1, 1000)
    expect(schedule.isDue()).toBe(true)
    expect(schedule.stored(90)).toBe(41)
  })

  it('knows after a restart which snapshot is in the store', () => {
    expect(new SnapshotSchedule({ maxRecords: 1, maxBytes: 1 }, 7).stored(20)).toBe(8)
  })
})
