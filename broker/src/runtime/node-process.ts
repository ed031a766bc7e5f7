import { readdirSync, readFileSync } from 'node:fs'
import { constants, monitorEventLoopDelay, PerformanceObserver, performance } from 'node:perf_hooks'
import { getHeapStatistics } from 'node:v8'

/** What this process has used, and how the event loop fared since the last reading. */
export interface ProcessUsage {
  readonly cpuUserSeconds: number
  readonly cpuSystemSeconds: number
  readonly residentBytes: number
  readonly heapUsedBytes: number
  readonly heapLimitBytes: number
  /** What was left by the last major collection; before the first one, what is in use. */
  readonly heapAfterCollectionBytes: number
  readonly externalBytes: number
  /** Absent where the system does not tell (it is not Linux). */
  readonly openFiles?: { readonly count: number; readonly max: number }
  /** Of the time since the last reading the part in which the event loop had nothing to do. */
  readonly idleRatio: number
  readonly loopDelayMaxMs: number
  readonly loopDelayP99Ms: number
  readonly collections: Readonly<
    Record<'minor' | 'major' | 'incremental', { count: number; seconds: number }>
  >
}

const DELAY_RESOLUTION_MS = 10
const NANOSECONDS_PER_MS = 1e6

/** Starts watching; the returned function reads. */
export function watchProcess(): () => ProcessUsage {
  const delay = monitorEventLoopDelay({ resolution: DELAY_RESOLUTION_MS })
  delay.enable()
  const collections = {
    minor: { count: 0, seconds: 0 },
    major: { count: 0, seconds: 0 },
    incremental: { count: 0, seconds: 0 },
  }
  let heapAfterCollectionBytes: number | undefined
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) {
      const kind = kindOf(entry)
      const collection = collections[kind]
      if (kind === 'major') heapAfterCollectionBytes = process.memoryUsage().heapUsed
      collection.count++
      collection.seconds += entry.duration / 1000
    }
  }).observe({ entryTypes: ['gc'] })
  let utilization = performance.eventLoopUtilization()
  return () => {
    const now = performance.eventLoopUtilization()
    const used = performance.eventLoopUtilization(now, utilization).utilization
    utilization = now
    const { user, system } = process.cpuUsage()
    const { rss, heapUsed, external } = process.memoryUsage()
    const openFiles = readOpenFiles()
    const usage = {
      cpuUserSeconds: user / 1e6,
      cpuSystemSeconds: system / 1e6,
      residentBytes: rss,
      heapUsedBytes: heapUsed,
      heapLimitBytes: getHeapStatistics().heap_size_limit,
      heapAfterCollectionBytes: heapAfterCollectionBytes ?? heapUsed,
      externalBytes: external,
      ...(openFiles === undefined ? {} : { openFiles }),
      idleRatio: 1 - used,
      loopDelayMaxMs: beyondResolution(delay.max),
      loopDelayP99Ms: beyondResolution(delay.percentile(99)),
      collections,
    }
    delay.reset()
    return usage
  }
}

/** Undefined where the system does not tell. */
export function readOpenFiles(): ProcessUsage['openFiles'] {
  if (process.platform !== 'linux') return undefined
  const limits = readFileSync('/proc/self/limits', 'utf8')
  const [, max] = /^Max open files\s+(\d+)/m.exec(limits) ?? []
  return max === undefined ? undefined : { count: readdirSync('/proc/self/fd').length, max: Number(max) }
}

function kindOf(entry: object): 'minor' | 'major' | 'incremental' {
  const detail: unknown = Reflect.get(entry, 'detail')
  const kind = typeof detail === 'object' && detail !== null ? Reflect.get(detail, 'kind') : undefined
  if (kind === constants.NODE_PERFORMANCE_GC_MAJOR) return 'major'
  return kind === constants.NODE_PERFORMANCE_GC_MINOR ? 'minor' : 'incremental'
}

/** The monitor measures the distance of its own ticks. */
function beyondResolution(nanoseconds: number): number {
  return Math.max(0, nanoseconds / NANOSECONDS_PER_MS - DELAY_RESOLUTION_MS)
}
