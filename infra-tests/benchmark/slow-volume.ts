/**
 * A disk that is no faster than a volume in the network: what processes read is limited to 125 MB/s and 3,000 reads a
 * second, which a gp3 volume gives by itself (https://docs.aws.amazon.com/ebs/latest/userguide/general-purpose.html).
 */
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmdirSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { mustRun } from '../support/programs.ts'

const CONTROLLER = '/sys/fs/cgroup/blkio'
const BYTES_PER_SECOND = 125_000_000
const READS_PER_SECOND = 3000

export function reasonAgainstSlowVolume(): string | undefined {
  if (process.getuid?.() !== 0) return 'a limit for reads needs root'
  if (!existsSync(join(CONTROLLER, 'blkio.throttle.read_bps_device')))
    return 'there is no blkio controller of cgroups v1'
  return undefined
}

/** Limits the reads of `pids` from the disk of `folder` while `use` runs. */
export async function withSlowVolume<T>(
  pids: readonly number[],
  folder: string,
  use: () => Promise<T>,
): Promise<T> {
  const group = join(CONTROLLER, `freshet-bench-${process.pid}`)
  const device = deviceOf(folder)
  mkdirSync(group)
  try {
    writeFileSync(join(group, 'blkio.throttle.read_bps_device'), `${device} ${BYTES_PER_SECOND}`)
    writeFileSync(join(group, 'blkio.throttle.read_iops_device'), `${device} ${READS_PER_SECOND}`)
    moveTo(group, pids)
    return await use()
  } finally {
    moveTo(CONTROLLER, pids)
    rmdirSync(group)
  }
}

/** Has the system forget what the page cache has of a topic's segments. */
export async function forgetSegments(dataFolder: string, topic: string): Promise<void> {
  await mustRun('sync', [])
  for (const folder of readdirSync(dataFolder).filter((name) => name.startsWith(`${topic}-`)))
    for (const file of readdirSync(join(dataFolder, folder)).filter((name) => name.endsWith('.log')))
      await mustRun('dd', [`if=${join(dataFolder, folder, file)}`, 'iflag=nocache', 'count=0', 'status=none'])
}

function moveTo(group: string, pids: readonly number[]): void {
  for (const pid of pids) writeFileSync(join(group, 'cgroup.procs'), String(pid))
}

/** `major:minor` of the whole disk: partitions have no limits of their own. */
function deviceOf(folder: string): string {
  const { dev } = statSync(folder)
  const major = (dev >> 8) & 0xfff
  const minor = (dev & 0xff) | ((dev >> 12) & 0xfff00)
  const device = realpathSync(`/sys/dev/block/${major}:${minor}`)
  const disk = existsSync(join(device, 'partition')) ? join(device, '..') : device
  return readFileSync(join(disk, 'dev'), 'utf8').trim()
}
