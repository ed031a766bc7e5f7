import { describe, expect, test } from 'vitest'
import { decodePartitionMetadata, encodePartitionMetadata } from '../log/partition-metadata.ts'
import {
  decodeEpochCheckpoint,
  decodeOffsetCheckpoint,
  encodeEpochCheckpoint,
  encodeOffsetCheckpoint,
} from '../log-dir/checkpoint-file.ts'
import { decodeMetaProperties, encodeMetaProperties } from '../log-dir/meta-properties.ts'
import {
  DELETED_FOLDER_SUFFIX,
  offsetFileName,
  offsetOfFileName,
  parsePartitionFolderName,
  retiredFolderName,
} from '../names.ts'
import { decodeSnapshot, encodeSnapshot } from '../producers/producer-snapshot.ts'
import { TOPIC_ID } from '../testing/harness.ts'

const entry = {
  producerId: 2 ** 40,
  producerEpoch: 3,
  coordinatorEpoch: -1,
  lastTimestampMs: 1_700_000_000_000,
  currentTransactionFirstOffset: -1,
  batches: [{ lastSequence: 9, lastOffset: 2 ** 41, offsetDelta: 4, timestampMs: 1_700_000_000_000 }],
}

describe('the file formats', () => {
  test('checkpoints are text as Kafka writes it', () => {
    const offsets = [{ topic: 'a.b-c', partition: 3, offset: 2 ** 50 }]
    expect(encodeOffsetCheckpoint(offsets).toString()).toBe(`0\n1\na.b-c 3 ${2 ** 50}\n`)
    expect(decodeOffsetCheckpoint(encodeOffsetCheckpoint(offsets))).toEqual(offsets)
    const epochs = [{ epoch: 1, startOffset: 7 }]
    expect(encodeEpochCheckpoint(epochs).toString()).toBe('0\n1\n1 7\n')
    expect(decodeEpochCheckpoint(encodeEpochCheckpoint(epochs))).toEqual(epochs)
  })

  test('no prefix of a checkpoint passes for a whole one', () => {
    const bytes = encodeEpochCheckpoint([
      { epoch: 1, startOffset: 7 },
      { epoch: 2, startOffset: 123 },
    ])
    for (let length = 0; length < bytes.length; length++) {
      expect(decodeEpochCheckpoint(bytes.subarray(0, length))).toBeUndefined()
    }
    expect(decodeEpochCheckpoint(Buffer.from('0\n1\nx 7\n'))).toBeUndefined()
    expect(decodeOffsetCheckpoint(Buffer.from('1\n0\n'))).toBeUndefined()
  })

  test('a producer snapshot keeps the last batch, and no damage to it passes', () => {
    const bytes = encodeSnapshot([entry, { ...entry, producerId: 1, batches: [] }])
    expect(decodeSnapshot(bytes)?.[0]).toEqual(entry)
    expect(decodeSnapshot(bytes)?.[1]?.batches).toEqual([])
    expect(bytes).toHaveLength(10 + 2 * 46)
    for (let length = 0; length < bytes.length; length++) {
      expect(decodeSnapshot(bytes.subarray(0, length))).toBeUndefined()
    }
    for (let at = 0; at < bytes.length; at++) {
      const damaged = Buffer.from(bytes)
      damaged[at] = damaged[at]! ^ 4
      expect(decodeSnapshot(damaged)).toBeUndefined()
    }
  })

  test('metadata files', () => {
    expect(encodePartitionMetadata(TOPIC_ID).toString()).toBe(`version: 0\ntopic_id: ${TOPIC_ID}`)
    expect(decodePartitionMetadata(encodePartitionMetadata(TOPIC_ID).toString())).toBe(TOPIC_ID)
    expect(decodePartitionMetadata('version: 0\ntopic_id: short')).toBeUndefined()
    const meta = { clusterId: 'c=1', nodeId: 2, directoryId: TOPIC_ID }
    expect(decodeMetaProperties(encodeMetaProperties(meta))).toEqual(meta)
    expect(decodeMetaProperties(Buffer.from('#comment\nversion=1\n'))).toBeUndefined()
  })

  test('names', () => {
    expect(offsetFileName(42, '.log')).toBe('00000000000000000042.log')
    expect(offsetOfFileName('00000000000000000042.log', '.log')).toBe(42)
    for (const name of ['42.log', '0000000000000000004x.log', '00000000000000000042.log.deleted']) {
      expect(offsetOfFileName(name, '.log')).toBeUndefined()
    }
    expect(parsePartitionFolderName('my-topic.v-1-12')).toEqual({ topic: 'my-topic.v-1', partition: 12 })
    for (const name of ['orders', 'orders-1.0a-delete', '.lock', 'meta.properties', '-1']) {
      expect(parsePartitionFolderName(name)).toBeUndefined()
    }
    expect(retiredFolderName('t'.repeat(249), 12, 'a'.repeat(32), DELETED_FOLDER_SUFFIX)).toHaveLength(255)
  })
})
