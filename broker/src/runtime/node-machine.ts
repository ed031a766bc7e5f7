import { existsSync, readFileSync, statfsSync } from 'node:fs'

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
}

/** The columns of /proc/stat, in its order. */
const CPU_MODES = ['user', 'nice', 'system', 'idle', 'iowait', 'irq', 'softirq', 'steal']
const TICKS_PER_SECOND = 100

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

export function readMachine(): MachineUsage {
  return {
    memoryBytes: parseMemory(readIfThere('/proc/meminfo')),
    network: parseNetwork(readIfThere('/proc/net/dev')),
    cpuSeconds: parseCpu(readIfThere('/proc/stat')),
    tcp: parseTcp(readIfThere('/proc/net/snmp')),
    rootDisk: readRootDisk(),
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

function readRootDisk(): MachineUsage['rootDisk'] {
  const { bsize, blocks, bavail } = statfsSync('/')
  return { sizeBytes: blocks * bsize, availableBytes: bavail * bsize }
}

function readIfThere(path: string): string {
  return existsSync(path) ? readFileSync(path, 'utf8') : ''
}
