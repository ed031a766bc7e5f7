import type { Timers } from '../../runtime/types.ts'
import { ZERO_UUID } from '../../wire/index.ts'
import { StorageError } from '../errors.ts'
import type { LogConfig } from '../log/log-config.ts'
import type { LogContext, LogStart, Shutdown } from '../log/log-context.ts'
import type { LogIdentity } from '../log/log-state.ts'
import { PartitionLog } from '../log/partition-log.ts'
import { decodePartitionMetadata } from '../log/partition-metadata.ts'
import { DELETED_FOLDER_SUFFIX, LOG_SUFFIX, PARTITION_METADATA, parsePartitionFolderName } from '../names.ts'
import type { Sliced } from '../slices.ts'
import {
  CLEANER_OFFSET_CHECKPOINT,
  HIGH_WATERMARK_CHECKPOINT,
  LOG_START_OFFSET_CHECKPOINT,
  RECOVERY_POINT_CHECKPOINT,
  readCheckpoint,
} from './log-dir.ts'
import type { LogRegistry } from './log-registry.ts'

export interface LogScan {
  readonly context: LogContext
  readonly timers: Timers
  readonly directory: string
  readonly shutdown: Shutdown
  readonly configOf: (topic: string) => LogConfig
}

const SLICE_MS = 3

/** Opens every partition folder of a log dir, a few, or a part of a long one, in each turn of the event loop. */
export async function loadLogs(scan: LogScan, logs: LogRegistry): Promise<void> {
  const { context, timers, directory, shutdown, configOf } = scan
  const { disk, clock } = context
  const recoveryPoints = readCheckpoint(disk, directory, RECOVERY_POINT_CHECKPOINT)
  const logStartOffsets = readCheckpoint(disk, directory, LOG_START_OFFSET_CHECKPOINT)
  const highWatermarks = readCheckpoint(disk, directory, HIGH_WATERMARK_CHECKPOINT)
  const cleanerOffsets = readCheckpoint(disk, directory, CLEANER_OFFSET_CHECKPOINT)
  let sliceEndMs = clock.monotonic() + SLICE_MS
  const pauseIfDue = async () => {
    if (clock.monotonic() < sliceEndMs) return
    await new Promise<void>((resolve) => timers.endOfTurn(resolve))
    sliceEndMs = clock.monotonic() + SLICE_MS
  }
  for (const name of disk.list(directory)) {
    await pauseIfDue()
    const folder = `${directory}/${name}`
    if (name.endsWith(DELETED_FOLDER_SUFFIX)) context.deletions.add(folder, clock.monotonic())
    const parsed = parsePartitionFolderName(name)
    if (parsed === undefined) continue
    const start = {
      recoveryPoint: recoveryPoints.get(name) ?? 0,
      logStartOffset: logStartOffsets.get(name) ?? 0,
      highWatermark: highWatermarks.get(name) ?? 0,
      cleanerOffset: cleanerOffsets.get(name) ?? 0,
      shutdown,
    }
    const loading = loadFolder(context, { ...parsed, folder }, configOf(parsed.topic), start, logs)
    while (!loading.next().done) await pauseIfDue()
  }
}

/** Opens one partition's folder, if there is a partition in it; one that cannot be opened is offline. */
export function* loadFolder(
  context: LogContext,
  { topic, partition, folder }: Omit<LogIdentity, 'topicId'>,
  config: LogConfig,
  start: LogStart,
  logs: LogRegistry,
): Sliced<void> {
  let topicId: string | undefined
  try {
    const names = context.disk.list(folder)
    topicId = readTopicId(context, folder, names)
    if (topicId === undefined) return
    const identity = { topic, partition, topicId, folder }
    logs.add(yield* PartitionLog.open(context, identity, config, { ...start, names }))
  } catch (error) {
    const failure = error instanceof StorageError ? error : new StorageError(`opening ${folder}`, error)
    logs.addFailure(topic, partition, failure, start)
    context.onUnreliable()
    context.onOffline({ topic, partition, topicId: topicId ?? ZERO_UUID, folder }, failure)
  }
}

/** Undefined if no partition was ever finished there; what is left of a creation that was cut short is removed. */
function readTopicId(context: LogContext, folder: string, names: readonly string[]): string | undefined {
  const { disk } = context
  const topicId = names.includes(PARTITION_METADATA)
    ? decodePartitionMetadata(disk.readText(`${folder}/${PARTITION_METADATA}`))
    : undefined
  if (topicId !== undefined) return topicId
  if (names.some((name) => name.endsWith(LOG_SUFFIX))) return ZERO_UUID
  if (names.every((name) => name === PARTITION_METADATA)) disk.remove(folder)
  return undefined
}
