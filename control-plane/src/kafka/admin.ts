/**
 * What the control plane asks of a cluster, as any administrator may: topology, topics, configurations,
 * reassignments. One connection per task, opened to the first broker that answers.
 */
export interface KafkaAdmin {
  /** All topics, or those named; a named topic that does not exist is left out. */
  topology(topicNames?: readonly string[]): Promise<Topology>
  createTopic(topic: NewTopic): Promise<void>
  deleteTopic(topicName: string): Promise<void>
  createPartitions(topicName: string, count: number): Promise<void>
  describeTopicConfigs(topicName: string): Promise<ConfigEntry[]>
  /** Configurations of one broker, with what may change while it runs. */
  describeBrokerConfigs(brokerId: number): Promise<ConfigEntry[]>
  /** `null` takes the override away. */
  alterTopicConfigs(topicName: string, changes: ConfigChanges): Promise<void>
  /** For all brokers of the cluster. */
  alterBrokerConfigs(changes: ConfigChanges): Promise<void>
  reassign(moves: readonly ReplicaMove[]): Promise<void>
  reassignments(): Promise<OngoingReassignment[]>
  /** Bytes of every replica, by `sizeKey`. */
  replicaSizes(): Promise<ReadonlyMap<string, number>>
  unregisterBroker(brokerId: number): Promise<void>
}

export interface Endpoint {
  readonly host: string
  readonly port: number
}

/** Runs a task with a connection to one of these brokers. Rejects with a KafkaAdminError. */
export type UseKafka = <T>(
  endpoints: readonly Endpoint[],
  task: (admin: KafkaAdmin) => Promise<T>,
) => Promise<T>

export interface Topology {
  readonly brokers: readonly { readonly brokerId: number; readonly rack: string | undefined }[]
  readonly topics: readonly TopicState[]
}

export interface TopicState {
  readonly topicName: string
  readonly isInternal: boolean
  readonly partitions: readonly PartitionState[]
}

export interface PartitionState {
  readonly partition: number
  /** -1 while there is none. */
  readonly leader: number
  readonly replicas: readonly number[]
  readonly isr: readonly number[]
}

export interface NewTopic {
  readonly topicName: string
  readonly partitionCount: number
  readonly replicationFactor: number
  readonly configs: Readonly<Record<string, string>>
}

export type ConfigChanges = Readonly<Record<string, string | null>>

export interface ConfigEntry {
  readonly name: string
  readonly value: string | undefined
  readonly isReadOnly: boolean
  readonly isSensitive: boolean
}

export interface ReplicaMove {
  readonly topicName: string
  readonly partition: number
  readonly replicas: readonly number[]
}

export interface OngoingReassignment {
  readonly topicName: string
  readonly partition: number
  readonly addingReplicas: readonly number[]
  readonly removingReplicas: readonly number[]
}

export function sizeKey(topicName: string, partition: number): string {
  return `${topicName}-${partition}`
}

/** Kafka's own name of what went wrong, such as TOPIC_ALREADY_EXISTS; UNREACHABLE if no broker answered. */
export class KafkaAdminError extends Error {
  readonly code: string
  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'KafkaAdminError'
    this.code = code
  }
}
