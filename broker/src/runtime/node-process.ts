import { constants, monitorEventLoopDelay, PerformanceObserver, performance } from 'node:perf_hooks'

/** What this process has used, and how the event loop fared since the last reading. */
export interface ProcessUsage {
  readonly cpuUserSeconds: number
  readonly cpuSystemSeconds: number
  readonly residentBytes: number
  readonly heapUsedBytes: number
  readonly externalBytes: number
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
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) {
      const collection = collections[kindOf(entry)]
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
    const usage = {
      cpuUserSeconds: user / 1e6,
      cpuSystemSeconds: system / 1e6,
      residentBytes: rss,
      heapUsedBytes: heapUsed,
      externalBytes: external,
      idleRatio: 1 - used,
      loopDelayMaxMs: beyondResolution(delay.max),
      loopDelayP99Ms: beyondResolution(delay.percentile(99)),
      collections,
    }
    delay.reset()
    return usage
  }
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
