/** The names of Kafka's files and folders. */
export const LOG_SUFFIX = '.log'
export const OFFSET_INDEX_SUFFIX = '.index'
export const TIME_INDEX_SUFFIX = '.timeindex'
export const TRANSACTION_INDEX_SUFFIX = '.txnindex'
export const SNAPSHOT_SUFFIX = '.snapshot'
export const DELETED_SUFFIX = '.deleted'
export const CLEANED_SUFFIX = '.cleaned'
export const SWAP_SUFFIX = '.swap'
export const LEADER_EPOCH_CHECKPOINT = 'leader-epoch-checkpoint'
export const PARTITION_METADATA = 'partition.metadata'
export const DELETED_FOLDER_SUFFIX = '-delete'
export const STRAY_FOLDER_SUFFIX = '-stray'

/**
 * All files of one segment, the log first: once it is renamed away, what is left of the segment is an
 * orphan.
 */
export const SEGMENT_SUFFIXES = [LOG_SUFFIX, OFFSET_INDEX_SUFFIX, TIME_INDEX_SUFFIX, TRANSACTION_INDEX_SUFFIX]

const OFFSET_DIGITS = 20
const FILE_NAME_LENGTH_MAX = 255

export function offsetFileName(offset: number, suffix: string): string {
  return String(offset).padStart(OFFSET_DIGITS, '0') + suffix
}

export function offsetFilePath(folder: string, offset: number, suffix: string): string {
  return `${folder}/${offsetFileName(offset, suffix)}`
}

/** The offset in a name such as `00000000000000000042.log`, or undefined if the name is something else. */
export function offsetOfFileName(name: string, suffix: string): number | undefined {
  if (name.length !== OFFSET_DIGITS + suffix.length || !name.endsWith(suffix)) return undefined
  const digits = name.slice(0, OFFSET_DIGITS)
  return /^\d+$/.test(digits) ? Number(digits) : undefined
}

export function partitionFolderName(topic: string, partition: number): string {
  return `${topic}-${partition}`
}

export function parsePartitionFolderName(name: string): { topic: string; partition: number } | undefined {
  const match = /^([A-Za-z0-9._-]{1,249})-(\d{1,10})$/.exec(name)
  if (match === null) return undefined
  return { topic: match[1] ?? '', partition: Number(match[2]) }
}

/** `<topic>-<n>.<32 hex digits>` and `-delete` or `-stray`; a long topic name is cut so that the file system accepts it. */
export function retiredFolderName(topic: string, partition: number, uuidHex: string, suffix: string): string {
  const tail = `-${partition}.${uuidHex}${suffix}`
  return topic.slice(0, FILE_NAME_LENGTH_MAX - tail.length) + tail
}
