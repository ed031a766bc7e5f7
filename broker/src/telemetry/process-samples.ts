/**
 * The process and its machine, under the names that Prometheus's own, Node's and the node exporter use, and those of
 * Kafka that mean the same.
 */
import type { MachineUsage, VolumeUsage } from '../runtime/node-machine.ts'
import type { ProcessUsage } from '../runtime/node-process.ts'
import { gauge, type Sample } from './metrics/registry.ts'

export function* processSamples(usage: ProcessUsage): Generator<Sample> {
  yield plain('process_cpu_user_seconds_total', usage.cpuUserSeconds)
  yield plain('process_cpu_system_seconds_total', usage.cpuSystemSeconds)
  yield plain('process_cpu_seconds_total', usage.cpuUserSeconds + usage.cpuSystemSeconds)
  yield plain('process_resident_memory_bytes', usage.residentBytes)
  yield plain('nodejs_heap_size_used_bytes', usage.heapUsedBytes)
  yield plain('nodejs_heap_size_limit_bytes', usage.heapLimitBytes)
  yield plain('nodejs_heap_after_gc_bytes', usage.heapAfterCollectionBytes)
  yield plain('nodejs_external_memory_bytes', usage.externalBytes)
  if (usage.openFiles !== undefined) {
    yield plain('process_open_fds', usage.openFiles.count)
    yield plain('process_max_fds', usage.openFiles.max)
  }
  yield plain('nodejs_eventloop_lag_max_seconds', usage.loopDelayMaxMs / 1000)
  yield plain('nodejs_eventloop_lag_p99_seconds', usage.loopDelayP99Ms / 1000)
  for (const [kind, { count, seconds }] of Object.entries(usage.collections)) {
    yield plain('nodejs_gc_duration_seconds_count', count, { kind })
    yield plain('nodejs_gc_duration_seconds_sum', seconds, { kind })
  }
  // One thread does what Kafka's network threads and request handlers do.
  const { idleRatio } = usage
  yield gauge('kafka.network', 'SocketServer', { name: 'NetworkProcessorAvgIdlePercent' }, idleRatio)
  yield {
    domain: 'kafka.server',
    type: 'KafkaRequestHandlerPool',
    keys: { name: 'RequestHandlerAvgIdlePercent' },
    attribute: 'OneMinuteRate',
    value: idleRatio,
  }
}

export function* machineSamples(usage: MachineUsage): Generator<Sample> {
  const { memoryBytes, network, cpuSeconds, tcp, rootDisk } = usage
  for (const name of MEMORY_NAMES) {
    const value = memoryBytes[name]
    if (value !== undefined) yield plain(`node_memory_${name}_bytes`, value)
  }
  for (const [name, value] of Object.entries(network)) yield plain(`node_network_${name}_total`, value)
  for (const [mode, value] of Object.entries(cpuSeconds))
    yield plain('node_cpu_seconds_total', value, { mode })
  for (const name of TCP_NAMES) {
    const value = tcp[name]
    if (value !== undefined) yield plain(`node_netstat_Tcp_${name}`, value)
  }
  const root = { mountpoint: '/' }
  yield plain('node_filesystem_size_bytes', rootDisk.sizeBytes, root)
  yield plain('node_filesystem_avail_bytes', rootDisk.availableBytes, root)
  if (usage.dataVolume !== undefined) yield* volumeSamples(usage.dataVolume)
}

/** Of the volume that has the data only. */
function* volumeSamples(volume: VolumeUsage): Generator<Sample> {
  const { device } = volume
  yield plain('node_disk_reads_completed_total', volume.readsCompleted, { device })
  yield plain('node_disk_read_bytes_total', volume.readBytes, { device })
  yield plain('node_disk_read_time_seconds_total', volume.readSeconds, { device })
  yield plain('node_disk_writes_completed_total', volume.writesCompleted, { device })
  yield plain('node_disk_written_bytes_total', volume.writtenBytes, { device })
  yield plain('node_disk_write_time_seconds_total', volume.writeSeconds, { device })
  yield plain('node_disk_io_time_weighted_seconds_total', volume.weightedSeconds, { device })
}

const MEMORY_NAMES = ['MemTotal', 'MemFree', 'MemAvailable', 'Buffers', 'Cached', 'SwapTotal', 'SwapFree']

const TCP_NAMES = ['ActiveOpens', 'PassiveOpens']

function plain(name: string, value: number, keys: Readonly<Record<string, string>> = {}): Sample {
  return { domain: name, type: '', keys, attribute: '', value }
}
