/** Kafka's text checkpoints: a version, the number of entries, one entry per line. */
import type { EpochEntry } from '../epochs/leader-epochs.ts'

const VERSION = '0'

export interface PartitionOffset {
  readonly topic: string
  readonly partition: number
  readonly offset: number
}

export function encodeOffsetCheckpoint(entries: readonly PartitionOffset[]): Buffer {
  return encode(entries.map((entry) => `${entry.topic} ${entry.partition} ${entry.offset}`))
}

/** Undefined if the text is not a whole checkpoint. */
export function decodeOffsetCheckpoint(bytes: Buffer): PartitionOffset[] | undefined {
  return decode(bytes, 3)?.map(([topic = '', partition, offset]) => ({
    topic,
    partition: Number(partition),
    offset: Number(offset),
  }))
}

export function encodeEpochCheckpoint(entries: readonly EpochEntry[]): Buffer {
  return encode(entries.map((entry) => `${entry.epoch} ${entry.startOffset}`))
}

/** Undefined if the text is not a whole checkpoint. */
export function decodeEpochCheckpoint(bytes: Buffer): EpochEntry[] | undefined {
  return decode(bytes, 2)?.map(([epoch, startOffset]) => ({
    epoch: Number(epoch),
    startOffset: Number(startOffset),
  }))
}

function encode(lines: readonly string[]): Buffer {
  return Buffer.from(`${[VERSION, lines.length, ...lines].join('\n')}\n`)
}

function decode(bytes: Buffer, fieldsCount: number): string[][] | undefined {
  const [version, count, ...rest] = bytes.toString().split('\n')
  // Without the last newline, the last number may be half a number.
  if (rest.pop() !== '' || version !== VERSION || Number(count) !== rest.length) return undefined
  const lines = rest.map((line) => line.split(' '))
  const areWhole = lines.every(
    (fields) => fields.length === fieldsCount && fields.slice(-2).every((field) => /^-?\d+$/.test(field)),
  )
  return areWhole ? lines : undefined
}
