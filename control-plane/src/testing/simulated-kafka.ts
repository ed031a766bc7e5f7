import {
  type ConfigChanges,
  type ConfigEntry,
  type KafkaAdmin,
  KafkaAdminError,
  type NewTopic,
  type OngoingReassignment,
  type ReplicaMove,
  sizeKey,
  type Topology,
  type UseKafka,
} from '../kafka/admin.ts'

interface SimulatedPartition {
  replicas: number[]
  /** What a reassignment under way leads to. */
  target?: number[]
  sizeBytes: number
}

/** A Kafka cluster's administration in memory: what it is asked is done, and moves end when they are looked at. */
export class SimulatedKafka {
  readonly topics = new Map<string, { configs: Map<string, string>; partitions: SimulatedPartition[] }>()
  readonly brokerConfigs = new Map<string, string>()
  readonly dynamic = new Set(['log.retention.ms', 'min.insync.replicas'])
  readonly static = new Set(['num.io.threads', 'default.replication.factor'])
  readonly unregistered: number[] = []
  /** Most bytes that were under way at once. */
  movingBytesMax = 0
  refusal: KafkaAdminError | undefined
  /** Brokers that answer; those behind have yet to catch up. */
  alive: () => readonly number[] = () => [1, 2, 3]
  behind: () => readonly number[] = () => []

  readonly use: UseKafka = (endpoints, task) => {
    if (endpoints.length === 0 || this.alive().length === 0) {
      return Promise.reject(new KafkaAdminError('UNREACHABLE', 'nobody answers'))
    }
    return task(this.admin)
  }

  readonly admin: KafkaAdmin = {
    topology: async (names) => {
      const seen = this.#topology(names)
      this.#endMoves()
      return seen
    },
    createTopic: async (topic) => this.addTopic(topic),
    deleteTopic: async (name) => {
      this.#topic(name)
      this.topics.delete(name)
    },
    createPartitions: async (name, count) => {
      const { partitions } = this.#topic(name)
      const [first] = partitions
      while (partitions.length < count) partitions.push({ replicas: [...first!.replicas], sizeBytes: 0 })
    },
    describeTopicConfigs: async (name) =>
      [...this.#topic(name).configs].map(([name, value]) => entry(name, value, false)),
    describeBrokerConfigs: async () => [
      ...[...this.dynamic].map((name) => entry(name, this.brokerConfigs.get(name), false)),
      ...[...this.static].map((name) => entry(name, undefined, true)),
    ],
    alterTopicConfigs: async (name, changes) => alter(this.#topic(name).configs, changes),
    alterBrokerConfigs: async (changes) => {
      if (this.refusal) throw this.refusal
      alter(this.brokerConfigs, changes)
    },
    reassign: async (moves) => this.#reassign(moves),
    reassignments: async () => this.#reassignments(),
    replicaSizes: async () => this.#sizes(),
    unregisterBroker: async (brokerId) => {
      if (this.unregistered.includes(brokerId)) {
        throw new KafkaAdminError('BROKER_ID_NOT_REGISTERED', 'gone already')
      }
      this.unregistered.push(brokerId)
    },
  }

  addTopic({ topicName, partitionCount, replicationFactor, configs }: NewTopic, sizeBytes = 100): void {
    if (this.topics.has(topicName)) throw new KafkaAdminError('TOPIC_ALREADY_EXISTS', `${topicName} exists`)
    const brokers = this.alive()
    if (replicationFactor > brokers.length) {
      throw new KafkaAdminError('INVALID_REPLICATION_FACTOR', 'larger than available brokers')
    }
    const partitions = Array.from({ length: partitionCount }, (_, index) => ({
      replicas: Array.from({ length: replicationFactor }, (_, at) => brokers[(index + at) % brokers.length]!),
      sizeBytes: sizeBytes * (index + 1),
    }))
    this.topics.set(topicName, { configs: new Map(Object.entries(configs)), partitions })
  }

  replicasOn(brokerId: number): number {
    const partitions = [...this.topics.values()].flatMap(({ partitions }) => partitions)
    return partitions.filter(({ replicas }) => replicas.includes(brokerId)).length
  }

  #topology(names?: readonly string[]): Topology {
    const alive = this.alive()
    const inSync = alive.filter((id) => !this.behind().includes(id))
    const topics = [...this.topics].filter(([name]) => names === undefined || names.includes(name))
    return {
      brokers: alive.map((brokerId) => ({ brokerId, rack: undefined })),
      topics: topics.map(([topicName, { partitions }]) => ({
        topicName,
        isInternal: false,
        partitions: partitions.map(({ replicas, target }, partition) => {
          const all = target ? [...new Set([...target, ...replicas])] : replicas
          const isr = all.filter((id) => inSync.includes(id))
          return { partition, leader: isr[0] ?? -1, replicas: all, isr }
        }),
      })),
    }
  }

  #reassign(moves: readonly ReplicaMove[]): void {
    for (const { topicName, partition, replicas } of moves) {
      const found = this.#topic(topicName).partitions[partition]
      if (!found) throw new KafkaAdminError('UNKNOWN_TOPIC_OR_PARTITION', 'no such partition')
      if (replicas.some((id) => !this.alive().includes(id))) {
        throw new KafkaAdminError('INVALID_REPLICA_ASSIGNMENT', `unknown broker in ${replicas}`)
      }
      found.target = [...replicas]
    }
    const moving = [...this.topics.values()].flatMap(({ partitions }) =>
      partitions.filter(({ target }) => target),
    )
    this.movingBytesMax = Math.max(
      this.movingBytesMax,
      moving.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
    )
  }

  #reassignments(): OngoingReassignment[] {
    const ongoing: OngoingReassignment[] = []
    for (const [topicName, { partitions }] of this.topics) {
      for (const [partition, { target, replicas }] of partitions.entries()) {
        if (!target) continue
        ongoing.push({
          topicName,
          partition,
          addingReplicas: target.filter((id) => !replicas.includes(id)),
          removingReplicas: replicas.filter((id) => !target.includes(id)),
        })
      }
    }
    this.#endMoves()
    return ongoing
  }

  #endMoves(): void {
    for (const { partitions } of this.topics.values()) {
      for (const state of partitions) {
        state.replicas = state.target ?? state.replicas
        delete state.target
      }
    }
  }

  #sizes(): Map<string, number> {
    const sizes = new Map<string, number>()
    for (const [topicName, { partitions }] of this.topics) {
      for (const [partition, { sizeBytes }] of partitions.entries()) {
        sizes.set(sizeKey(topicName, partition), sizeBytes)
      }
    }
    return sizes
  }

  #topic(name: string) {
    const topic = this.topics.get(name)
    if (!topic) throw new KafkaAdminError('UNKNOWN_TOPIC_OR_PARTITION', `no topic ${name}`)
    return topic
  }
}

function entry(name: string, value: string | undefined, isReadOnly: boolean): ConfigEntry {
  return { name, value, isReadOnly, isSensitive: false }
}

function alter(configs: Map<string, string>, changes: ConfigChanges): void {
  for (const [name, value] of Object.entries(changes)) {
    if (value === null) configs.delete(name)
    else configs.set(name, value)
  }
}
