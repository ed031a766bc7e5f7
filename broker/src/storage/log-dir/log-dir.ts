/** The files of a log dir that belong to no partition: identity, lock, clean-shutdown mark, checkpoints. */
import type { Disk, Random } from '../../runtime/types.ts'
import type { Shutdown } from '../log/log-context.ts'
import { decodeOffsetCheckpoint, encodeOffsetCheckpoint, type PartitionOffset } from './checkpoint-file.ts'
import { decodeMetaProperties, encodeMetaProperties } from './meta-properties.ts'

const META_PROPERTIES = 'meta.properties'
const LOCK = '.lock'
const CLEAN_SHUTDOWN = '.kafka_cleanshutdown'
/** Ours: the registration under which the folder is in use. */
const BROKER_EPOCH = 'broker-epoch'

export const RECOVERY_POINT_CHECKPOINT = 'recovery-point-offset-checkpoint'
export const LOG_START_OFFSET_CHECKPOINT = 'log-start-offset-checkpoint'
export const HIGH_WATERMARK_CHECKPOINT = 'replication-offset-checkpoint'
export const CLEANER_OFFSET_CHECKPOINT = 'cleaner-offset-checkpoint'

export interface LogDirOwner {
  readonly clusterId: string
  readonly nodeId: number
  /** Written to `.lock` for people to see; whether that process lives is its launcher's business. */
  readonly processId: number
  /**
   * Changes with every start of the machine; '' if unknown. With the same id, a killed process lost no
   * write.
   */
  readonly bootId: string
}

export interface OpenedLogDir {
  readonly directoryId: string
  readonly shutdown: Shutdown
  /**
   * The registration under which the folder was used last, if nothing that was written then is lost: the process
   * ended in good order, or was killed on a machine that ran on. -1 if that is not certain.
   */
  readonly previousBrokerEpoch: number
}

/** The log dir is another broker's, or unreadable. */
export class LogDirError extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'LogDirError'
  }
}

/** Takes possession of a log dir. From here until `markCleanShutdown` a crash is a crash. */
export async function openLogDir(
  disk: Disk,
  random: Random,
  path: string,
  owner: LogDirOwner,
): Promise<OpenedLogDir> {
  disk.makeFolder(path)
  const directoryId = await identify(disk, random, path, owner)
  const brokerEpoch = readCleanShutdown(disk, path)
  const isSameBoot = owner.bootId !== '' && readBootId(disk, path) === owner.bootId
  writeLock(disk, path, owner, owner.bootId)
  disk.remove(`${path}/${CLEAN_SHUTDOWN}`)
  await disk.syncFolder(path)
  if (brokerEpoch !== undefined) return { directoryId, shutdown: 'clean', previousBrokerEpoch: brokerEpoch }
  if (!isSameBoot) return { directoryId, shutdown: 'unknown', previousBrokerEpoch: -1 }
  return { directoryId, shutdown: 'killed', previousBrokerEpoch: readBrokerEpoch(disk, path) }
}

/** Only a later process on the same start of the machine goes by it, so that the page cache is good enough. */
export function noteBrokerEpoch(disk: Disk, path: string, brokerEpoch: number): void {
  const file = `${path}/${BROKER_EPOCH}`
  disk.writeFile(`${file}.tmp`, Buffer.from(`${brokerEpoch}\n`))
  disk.rename(`${file}.tmp`, file)
}

function readBrokerEpoch(disk: Disk, path: string): number {
  const file = `${path}/${BROKER_EPOCH}`
  const match = disk.exists(file) ? /^(\d+)\n$/.exec(disk.readText(file)) : null
  return match === null ? -1 : Number(match[1])
}

/** After a disk error nothing that was written is certain: the next start is to check everything. */
export function distrustLogDir(disk: Disk, path: string, owner: LogDirOwner): void {
  writeLock(disk, path, owner, '')
}

export async function markCleanShutdown(disk: Disk, path: string, brokerEpoch: number): Promise<void> {
  await disk.replaceFile(
    `${path}/${CLEAN_SHUTDOWN}`,
    Buffer.from(`${JSON.stringify({ version: 0, brokerEpoch })}\n`),
  )
}

/** Offsets by `<topic>-<partition>`; a file that is missing or torn counts as empty. */
export function readCheckpoint(disk: Disk, path: string, name: string): Map<string, number> {
  const file = `${path}/${name}`
  const entries = disk.exists(file) ? decodeOffsetCheckpoint(disk.readFile(file)) : undefined
  return new Map(entries?.map((entry) => [`${entry.topic}-${entry.partition}`, entry.offset]))
}

export async function writeCheckpoint(
  disk: Disk,
  path: string,
  name: string,
  entries: readonly PartitionOffset[],
): Promise<void> {
  await disk.replaceFile(`${path}/${name}`, encodeOffsetCheckpoint(entries))
}

async function identify(disk: Disk, random: Random, path: string, owner: LogDirOwner): Promise<string> {
  const { clusterId, nodeId } = owner
  const file = `${path}/${META_PROPERTIES}`
  if (!disk.exists(file)) {
    const directoryId = random.bytes(16).toString('base64url')
    await disk.replaceFile(file, encodeMetaProperties({ clusterId, nodeId, directoryId }))
    return directoryId
  }
  const meta = decodeMetaProperties(disk.readFile(file))
  if (meta === undefined) throw new LogDirError(`${file} is not readable`)
  if (meta.clusterId !== clusterId) {
    throw new LogDirError(`${file} has cluster.id ${meta.clusterId}, but this broker belongs to ${clusterId}`)
  }
  if (meta.nodeId !== nodeId) {
    throw new LogDirError(`${file} has node.id ${meta.nodeId}, but this broker is ${nodeId}`)
  }
  return meta.directoryId
}

function readCleanShutdown(disk: Disk, path: string): number | undefined {
  const file = `${path}/${CLEAN_SHUTDOWN}`
  if (!disk.exists(file)) return undefined
  const match = /"brokerEpoch":(-?\d+)/.exec(disk.readText(file))
  return match === null ? -1 : Number(match[1])
}

function writeLock(disk: Disk, path: string, owner: LogDirOwner, bootId: string): void {
  disk.writeFile(`${path}/${LOCK}`, Buffer.from(`${owner.processId}\n${bootId}\n`))
}

function readBootId(disk: Disk, path: string): string {
  const file = `${path}/${LOCK}`
  return disk.exists(file) ? (disk.readText(file).split('\n')[1] ?? '') : ''
}
