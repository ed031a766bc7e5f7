import { quantity, total } from '../quantities.ts'
import { combined, gauge, increase, mean, meanPer, ofBroker, rate, type Source } from './sources.ts'

/**
 * Amazon MSK's metrics, and how each follows from what brokers tell. Their names, levels and dimensions:
 * https://docs.aws.amazon.com/msk/latest/developerguide/metrics-details.html
 */
export interface MetricDefinition {
  readonly name: string
  readonly level: MonitoringLevel
  readonly unit: Unit
  /** Of the cluster all brokers' values are put together. */
  readonly per: 'CLUSTER' | 'BROKER' | 'TOPIC'
  readonly source: Source
  readonly combine?: 'MAX' | 'SUM'
}

/** Each level has the metrics of those before it. */
export const MONITORING_LEVELS = [
  'DEFAULT',
  'PER_BROKER',
  'PER_TOPIC_PER_BROKER',
  'PER_TOPIC_PER_PARTITION',
] as const

export type MonitoringLevel = (typeof MONITORING_LEVELS)[number]

/** CloudWatch's units. */
export type Unit =
  | 'Count'
  | 'Count/Second'
  | 'Bytes'
  | 'Bytes/Second'
  | 'Percent'
  | 'Milliseconds'
  | 'Seconds'
  | 'None'

const REQUESTS = 'kafka_network_RequestMetrics'
const ROOT = { mountpoint: '/' }
const CONNECTIONS = 'kafka_server_socket_server_metrics_Value'

export const definitions: readonly MetricDefinition[] = [
  ...cluster('MAX', {
    GlobalPartitionCount: controller('GlobalPartitionCount'),
    GlobalTopicCount: controller('GlobalTopicCount'),
    OfflinePartitionsCount: controller('OfflinePartitionsCount'),
  }),
  ...cluster('SUM', { ActiveControllerCount: controller('ActiveControllerCount') }),
  {
    name: 'StorageUsed',
    level: 'DEFAULT',
    unit: 'Bytes',
    per: 'CLUSTER',
    combine: 'SUM',
    source: ofBroker(
      'bytes of all logs, where brokers have no volumes of a size (Express)',
      dataWithoutVolume,
    ),
  },

  ...broker('DEFAULT', 'Count', {
    ConnectionCount: connections('connection-count'),
    LeaderCount: replicas('LeaderCount'),
    PartitionCount: replicas('PartitionCount'),
    UnderMinIsrPartitionCount: replicas('UnderMinIsrPartitionCount'),
    UnderReplicatedPartitions: replicas('UnderReplicatedPartitions'),
    UserPartitionExists: ofBroker(
      '1 if the broker has a partition of a topic that is not internal',
      ({ reading }) => (reading.hasUserPartition ? 1 : 0),
    ),
    NetworkRxPackets: network('receive_packets'),
    NetworkRxErrors: network('receive_errs'),
    NetworkRxDropped: network('receive_drop'),
    NetworkTxPackets: network('transmit_packets'),
    NetworkTxErrors: network('transmit_errs'),
    NetworkTxDropped: network('transmit_drop'),
  }),
  ...broker('DEFAULT', 'Count/Second', { MessagesInPerSec: traffic('MessagesInPerSec') }),
  ...broker('DEFAULT', 'Bytes/Second', {
    NetworkRxThroughput: rate('node_network_receive_bytes_total'),
    NetworkTxThroughput: rate('node_network_transmit_bytes_total'),
  }),
  ...broker('DEFAULT', 'Percent', {
    CpuUser: cpu('user'),
    CpuSystem: cpu('system'),
    CpuIdle: combined('100 less CpuUser and CpuSystem', [cpu('user'), cpu('system')], (user, system) =>
      Math.max(0, 100 - user! - system!),
    ),
    CpuIoWait: combined(
      'rate of node_cpu_seconds_total{mode="iowait"}, of all modes',
      [rate('node_cpu_seconds_total', { mode: 'iowait' }), rate('node_cpu_seconds_total')],
      (waiting, all) => (all! === 0 ? 0 : (100 * waiting!) / all!),
    ),
    RootDiskUsed: combined(
      'node_filesystem_size_bytes less node_filesystem_avail_bytes of it, of /',
      [gauge('node_filesystem_size_bytes', ROOT), gauge('node_filesystem_avail_bytes', ROOT)],
      (size, available) => (100 * (size! - available!)) / size!,
    ),
    HeapMemoryAfterGC: share('nodejs_heap_after_gc_bytes', 'nodejs_heap_size_limit_bytes'),
    KafkaDataLogsDiskUsed: ofBroker('bytes of all logs, of the size of the data volume', shareOfVolume),
  }),
  ...broker('DEFAULT', 'Bytes', {
    MemoryUsed: gauge('process_resident_memory_bytes'),
    MemoryFree: gauge('node_memory_MemAvailable_bytes'),
    MemoryBuffered: gauge('node_memory_Buffers_bytes'),
    MemoryCached: gauge('node_memory_Cached_bytes'),
    SwapFree: gauge('node_memory_SwapFree_bytes'),
    SwapUsed: combined(
      'node_memory_SwapTotal_bytes less node_memory_SwapFree_bytes',
      [gauge('node_memory_SwapTotal_bytes'), gauge('node_memory_SwapFree_bytes')],
      (all, free) => all! - free!,
    ),
    RequestBytesMean: mean(REQUESTS, { name: 'RequestBytes' }),
  }),
  ...broker('DEFAULT', 'Milliseconds', {
    ProduceTotalTimeMsMean: mean(REQUESTS, { name: 'TotalTimeMs', request: 'Produce' }),
    RequestTime: mean(REQUESTS, { name: 'LocalTimeMs' }),
  }),
  ...topic('DEFAULT', 'Bytes/Second', {
    BytesInPerSec: traffic('BytesInPerSec'),
    BytesOutPerSec: traffic('BytesOutPerSec'),
  }),

  ...broker('PER_BROKER', 'Milliseconds', { ...stagesOf('FetchConsumer'), ...stagesOf('FetchFollower') }),
  ...broker('PER_BROKER', 'Milliseconds', withoutTotal(stagesOf('Produce'))),
  ...broker('PER_BROKER', 'Milliseconds', {
    FetchThrottleTime: throttle('FetchConsumer'),
    ProduceThrottleTime: throttle('Produce'),
    RequestThrottleTime: throttle(),
  }),
  ...broker('PER_BROKER', 'Bytes/Second', {
    ReplicationBytesInPerSec: traffic('ReplicationBytesInPerSec'),
    ReplicationBytesOutPerSec: traffic('ReplicationBytesOutPerSec'),
  }),
  ...broker('PER_BROKER', 'Bytes', {
    TrafficBytes: combined(
      'bytes that clients produced and fetched in the period',
      [bytesOf('BytesInPerSec'), bytesOf('BytesOutPerSec')],
      (produced, fetched) => produced! + fetched!,
    ),
    VolumeReadBytes: increase('node_disk_read_bytes_total'),
    VolumeWriteBytes: increase('node_disk_written_bytes_total'),
  }),
  ...broker('PER_BROKER', 'Seconds', {
    VolumeTotalReadTime: increase('node_disk_read_time_seconds_total'),
    VolumeTotalWriteTime: increase('node_disk_write_time_seconds_total'),
  }),
  ...broker('PER_BROKER', 'Count/Second', {
    ConnectionCreationRate: rate(CONNECTIONS, { name: 'connection-creation-total' }),
    ConnectionCloseRate: rate(CONNECTIONS, { name: 'connection-close-total' }),
  }),
  ...broker('PER_BROKER', 'Bytes/Second', {
    FetchThrottleByteRate: rate('kafka_server_Fetch_throttled_total'),
    ProduceThrottleByteRate: rate('kafka_server_Produce_throttled_total'),
  }),
  ...broker('PER_BROKER', 'Count', {
    FetchThrottleQueueSize: gauge('kafka_server_Fetch_queue_size'),
    ProduceThrottleQueueSize: gauge('kafka_server_Produce_queue_size'),
    RequestThrottleQueueSize: gauge('kafka_server_Request_queue_size'),
    TcpConnections: combined(
      'increase of node_netstat_Tcp_ActiveOpens and node_netstat_Tcp_PassiveOpens',
      [increase('node_netstat_Tcp_ActiveOpens'), increase('node_netstat_Tcp_PassiveOpens')],
      (active, passive) => active! + passive!,
    ),
    VolumeQueueLength: rate('node_disk_io_time_weighted_seconds_total'),
    VolumeReadOps: increase('node_disk_reads_completed_total'),
    VolumeWriteOps: increase('node_disk_writes_completed_total'),
  }),
  ...broker('PER_BROKER', 'Percent', {
    KafkaFileDescriptorsUsagePercent: share('process_open_fds', 'process_max_fds'),
  }),
  ...broker('PER_BROKER', 'None', {
    NetworkProcessorAvgIdlePercent: gauge('kafka_network_SocketServer_Value', {
      name: 'NetworkProcessorAvgIdlePercent',
    }),
    RequestHandlerAvgIdlePercent: gauge('kafka_server_KafkaRequestHandlerPool_OneMinuteRate', {
      name: 'RequestHandlerAvgIdlePercent',
    }),
  }),

  ...topic('PER_TOPIC_PER_BROKER', 'Count/Second', { MessagesInPerSec: traffic('MessagesInPerSec') }),
]

type Sources = Readonly<Record<string, Source>>

function cluster(combine: 'MAX' | 'SUM', sources: Sources): MetricDefinition[] {
  return Object.entries(sources).map(([name, source]) => ({
    name,
    level: 'DEFAULT',
    unit: 'Count',
    per: 'CLUSTER',
    combine,
    source,
  }))
}

function broker(level: MonitoringLevel, unit: Unit, sources: Sources): MetricDefinition[] {
  return Object.entries(sources).map(([name, source]) => ({ name, level, unit, per: 'BROKER', source }))
}

function topic(level: MonitoringLevel, unit: Unit, sources: Sources): MetricDefinition[] {
  return Object.entries(sources).map(([name, source]) => ({ name, level, unit, per: 'TOPIC', source }))
}

function controller(name: string): Source {
  return gauge('kafka_controller_KafkaController_Value', { name })
}

function replicas(name: string): Source {
  return gauge('kafka_server_ReplicaManager_Value', { name })
}

function connections(name: string): Source {
  return gauge(CONNECTIONS, { name })
}

function traffic(name: string): Source {
  return rate('kafka_server_BrokerTopicMetrics_Count', { name })
}

function bytesOf(name: string): Source {
  return increase('kafka_server_BrokerTopicMetrics_Count', { name })
}

function network(counter: string): Source {
  return increase(`node_network_${counter}_total`)
}

/** Of the one core that a broker, being one event loop, can use. */
function cpu(mode: 'user' | 'system'): Source {
  return rate(`process_cpu_${mode}_seconds_total`, {}, 100)
}

function share(part: string, whole: string): Source {
  return combined(`${part} of ${whole}`, [gauge(part), gauge(whole)], (some, all) => (100 * some!) / all!)
}

function stagesOf(request: string): Record<string, Source> {
  const stages = [
    'LocalTimeMs',
    'RequestQueueTimeMs',
    'ResponseQueueTimeMs',
    'ResponseSendTimeMs',
    'TotalTimeMs',
  ]
  return Object.fromEntries(
    stages.map((name) => [`${request}${name}Mean`, mean(REQUESTS, { name, request })]),
  )
}

/** ProduceTotalTimeMsMean is of the level DEFAULT. */
function withoutTotal({ ProduceTotalTimeMsMean: _default, ...others }: Record<string, Source>): Sources {
  return others
}

/** Over all requests, throttled or not. */
function throttle(request?: string): Source {
  const only = request === undefined ? {} : { request }
  return meanPer(
    total(REQUESTS, { name: 'ThrottleTimeMs', ...only }),
    quantity(`${REQUESTS}_Count`, { name: 'RequestsPerSec', ...only }),
  )
}

type BrokerNow = Parameters<Parameters<typeof ofBroker>[1]>[0]

function shareOfVolume({ reading, volumeSizeBytes }: BrokerNow): number | undefined {
  return volumeSizeBytes === undefined ? undefined : (100 * reading.dataBytes) / volumeSizeBytes
}

function dataWithoutVolume({ reading, volumeSizeBytes }: BrokerNow): number | undefined {
  return volumeSizeBytes === undefined ? reading.dataBytes : undefined
}
