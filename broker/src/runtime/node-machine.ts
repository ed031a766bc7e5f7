import { existsSync, readFileSync, statfsSync, statSync } from 'node:fs'

/** The machine as Linux tells of it; elsewhere all but the root disk is empty. */
export interface MachineUsage {
  /** By the names of /proc/meminfo, in bytes. */
  readonly memoryBytes: Readonly<Record<string, number>>
  /** Since the machine started, over all network interfaces but loopback. */
  readonly network: Readonly<Partial<Record<NetworkCounter, number>>>
  /** Since the machine started, over all processors, by what they did. */
  readonly cpuSeconds: Readonly<Record<string, number>>
  /** Connections since the machine started, by the names of /proc/net/snmp. */
  readonly tcp: Readonly<Record<string, number>>
  readonly rootDisk: { readonly sizeBytes: number; readonly availableBytes: number }
  /** Undefined where the data folder is on no block device of the machine's. */
  readonly dataVolume: VolumeUsage | undefined
}

/** A block device, since the machine started. */
export interface VolumeUsage {
  readonly device: string
  readonly readsCompleted: number
  readonly readBytes: number
  readonly readSeconds: number
  readonly writesCompleted: number
  readonly writtenBytes: number
  readonly writeSeconds: number
  /** The time of all operations together: its rate is how many are under way or wait. */
  readonly weightedSeconds: number
}

/** The columns of /proc/stat, in its order. */
const CPU_MODES = ['user', 'nice', 'system', 'idle', 'iowait', 'irq', 'softirq', 'steal']
const TICKS_PER_SECOND = 100
/** Of /proc/diskstats, whatever the device's own are. */
const SECTOR_BYTES = 512

/** The columns of /proc/net/dev that are told, by the names of Prometheus's node exporter. */
export const NETWORK_COUNTERS = {
  receive_bytes: 0,
  receive_packets: 1,
  receive_errs: 2,
  receive_drop: 3,
  transmit_bytes: 8,
  transmit_packets: 9,
  transmit_errs: 10,
  transmit_drop: 11,
} as const

export type NetworkCounter = keyof typeof NETWORK_COUNTERS

export function readMachine(dataFolder: string): MachineUsage {
  return {
    memoryBytes: parseMemory(readIfThere('/proc/meminfo')),
    network: parseNetwork(readIfThere('/proc/net/dev')),
    cpuSeconds: parseCpu(readIfThere('/proc/stat')),
    tcp: parseTcp(readIfThere('/proc/net/snmp')),
    rootDisk: readRootDisk(),
    dataVolume: parseVolume(
      readIfThere('/proc/diskstats'),
      statSync(dataFolder, { throwIfNoEntry: false })?.dev,
    ),
  }
}

export function parseMemory(text: string): Record<string, number> {
  const lines = text.matchAll(/^(\w+):\s+(\d+) kB$/gm)
  return Object.fromEntries([...lines].map(([, name = '', kilobytes]) => [name, Number(kilobytes) * 1024]))
}

export function parseNetwork(text: string): Partial<Record<NetworkCounter, number>> {
  const sums: Partial<Record<NetworkCounter, number>> = {}
  for (const [, name, columns = ''] of text.matchAll(/^\s*([^\s:|]+):\s*(.*)$/gm)) {
    if (name === 'lo') continue
    const values = columns.split(/\s+/).map(Number)
    for (const counter of Object.keys(NETWORK_COUNTERS) as NetworkCounter[]) {
      sums[counter] = (sums[counter] ?? 0) + (values[NETWORK_COUNTERS[counter]] ?? 0)
    }
  }
  return sums
}

export function parseCpu(text: string): Record<string, number> {
  const [, columns] = /^cpu\s+(.*)$/m.exec(text) ?? []
  const ticks = columns?.split(/\s+/).map(Number) ?? []
  return Object.fromEntries(
    CPU_MODES.flatMap((mode, at) => {
      const count = ticks[at]
      return count === undefined ? [] : [[mode, count / TICKS_PER_SECOND]]
    }),
  )
}

/** Two lines: names, and their values. */
export function parseTcp(text: string): Record<string, number> {
  const [names = [], values = []] = [...text.matchAll(/^Tcp: (.*)$/gm)].map(([, columns = '']) =>
    columns.split(' '),
  )
  return Object.fromEntries(names.map((name, at) => [name, Number(values[at])]))
}

/** @param device of a file, as the system call `stat` has it */
export function parseVolume(text: string, device = 0): VolumeUsage | undefined {
  const major = (device >>> 8) & 0xfff
  const minor = (device & 0xff) | ((device >>> 12) & 0xfff00)
  const [, name, columns] = new RegExp(`^ *${major} +${minor} (\\S+) (.*)$`, 'm').exec(text) ?? []
  if (name === undefined || columns === undefined) return undefined
  const [reads, , readSectors, readMs, writes, , writtenSectors, writeMs, , , weightedMs] = columns
    .split(' ')
    .map(Number)
  return {
    device: name,
    readsCompleted: reads ?? 0,
    readBytes: (readSectors ?? 0) * SECTOR_BYTES,
    readSeconds: (readMs ?? 0) / 1000,
    writesCompleted: writes ?? 0,
    writtenBytes: (writtenSectors ?? 0) * SECTOR_BYTES,
    writeSeconds: (writeMs ?? 0) / 1000,
    weightedSeconds: (weightedMs ?? 0) / 1000,
  }
}

function readRootDisk(): MachineUsage['rootDisk'] {
  const { bsize, blocks, bavail } = statfsSync('/')
  return { sizeBytes: blocks * bsize, availableBytes: bavail * bsize }
}

function readIfThere(path: string): string {
  return existsSync(path) ? readFileSync(path, 'utf8') : ''
}
