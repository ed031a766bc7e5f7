import { describe, expect, it } from 'vitest'
import { ClusterImage } from './image.ts'
import {
  decodeEntries,
  decodePart,
  encodeEntries,
  replay,
  SnapshotSchedule,
  snapshotParts,
} from './metadata-log.ts'
import { ConfigResourceType, encodeRecords, type MetadataRecord } from './records.ts'
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

  it('sends entries as they are', () => {
    const entries = [topicEntry(7), topicEntry(8)]
    const bytes = encodeEntries(entries)
    expect(decodeEntries(bytes).map(({ index }) => index)).toEqual([7, 8])
    expect(decodeEntries(bytes)[1]?.payload).toEqual(Buffer.from(entries[1]!.payload))
    expect(decodeEntries(Buffer.alloc(0))).toEqual([])
    for (let cut = 1; cut < bytes.length; cut++) {
      if (cut === 12 + entries[0]!.payload.byteLength) continue
      expect(() => decodeEntries(bytes.subarray(0, cut))).toThrow('cut short')
    }
  })

  it('refuses a gap', () => {
    expect(() => replay(new ClusterImage(), [topicEntry(0), topicEntry(2)])).toThrow('cannot follow')
  })

  it('loads a snapshot of several parts and goes on from it', () => {
    const cluster = new TestCluster()
    for (const id of [1, 2, 3]) cluster.start(id, `zone-${id}`)
    cluster.create('large', { numPartitions: 2500 })
    const parts = [...snapshotParts(cluster.image)]
    expect(parts.length).toBeGreaterThan(5)
    const image = new ClusterImage()
    const change = image.loadSnapshot(structuredClone(parts).flatMap(decodePart), cluster.image.offset)
    expect(change.topicsCreated.map(({ name }) => name)).toEqual(['large'])
    expect([...image.toRecords()]).toEqual([...cluster.image.toRecords()])
    replay(image, [topicEntry(cluster.image.offset + 1)])
    expect(image.topics.size).toBe(2)
  })

  it('makes no parts of an empty image', () => {
    expect([...snapshotParts(new ClusterImage())]).toEqual([])
  })

  it('keeps each part below what a store takes, however long its records are', () => {
    const image = new ClusterImage()
    const value = '"'.repeat(30_000)
    for (let index = 0; index < 40; index++) {
      const name = `setting-${index}`
      image.apply(index, [
        { type: 'Config', resourceType: ConfigResourceType.BROKER, resourceName: '1', name, value },
      ])
    }
    const parts = [...snapshotParts(image)]
    for (const part of parts) expect(JSON.stringify(part).length).toBeLessThanOrEqual(200 * 1024)
    expect(parts.flatMap(decodePart)).toEqual([...image.toRecords()])
  })

  it('asks for a snapshot after enough records or bytes, and lets go of what the one before covers', () => {
    const schedule = new SnapshotSchedule({ maxRecords: 10, maxBytes: 1000 })
    schedule.appended(9, 999)
    expect(schedule.isDue()).toBe(false)
    schedule.appended(1, 0)
    expect(schedule.isDue()).toBe(true)
    schedule.begun()
    expect(schedule.isDue()).toBe(false)
    schedule.appended(1, 1000)
    expect(schedule.isDue()).toBe(true)
    expect(schedule.forgettableBelow(-1)).toBe(0)
    expect(schedule.forgettableBelow(40)).toBe(41)
  })
})
