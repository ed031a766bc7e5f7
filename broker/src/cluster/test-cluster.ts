/** For tests: an image with a controller over it, whose entries go through their bytes, and seeded chance. */
import { brokerSettings } from './configs/broker-config.ts'
import { AlterConfigOperation } from './controller/alter-configs.ts'
import type { AlterablePartition, AlteredPartition } from './controller/alter-partition.ts'
import type { CreatableTopic } from './controller/create-topics.ts'
import type { ControllerContext } from './controller/decision.ts'
import {
  type ControllerEventType,
  type ControllerReply,
  type ControllerRequest,
  decide,
} from './controller.ts'
import { ClusterImage } from './image.ts'
import type { ImageChange, PartitionImage } from './image-types.ts'
import {
  ConfigResourceType,
  decodeRecords,
  encodeRecords,
  LeaderRecoveryState,
  type MetadataRecord,
} from './records.ts'

export const CLUSTER_ID = 'Y2x1c3RlclRlc3QtMDAwMA'

/** A seeded generator (Park-Miller), enough to spread choices. */
export function chooser(seed: number): { below(limit: number): number } {
  let state = (seed % 2147483646) + 1
  return {
    below(limit) {
      state = (state * 48271) % 2147483647
      return state % limit
    },
  }
}

export function uuidOf(value: number): string {
  return String(value).padStart(22, '0')
}

export class TestCluster {
  readonly image = new ClusterImage()
  readonly alive = new Set<number>()
  context: ControllerContext
  lastRecords: readonly MetadataRecord[] = []
  lastChange: ImageChange | undefined
  #uuids = 0

  constructor(properties: Readonly<Record<string, string>> = {}, seed = 1) {
    const staticOverrides = new Map(Object.entries(properties))
    this.context = {
      clusterId: CLUSTER_ID,
      nodeId: 1,
      settings: brokerSettings(staticOverrides),
      staticOverrides,
      random: chooser(seed),
      newUuid: () => uuidOf(++this.#uuids),
      hasSession: (brokerId, brokerEpoch) =>
        this.alive.has(brokerId) && this.image.brokers.get(brokerId)?.brokerEpoch === brokerEpoch,
    }
  }

  send<K extends ControllerEventType>(type: K, request: ControllerRequest<K>): ControllerReply<K> {
    const { records, reply } = decide(this.image, { type, request }, this.context)
    this.append(records)
    return reply
  }

  append(records: readonly MetadataRecord[]): void {
    this.lastRecords = records
    this.lastChange = undefined
    if (records.length === 0) return
    this.lastChange = this.image.apply(this.image.offset + 1, decodeRecords(encodeRecords(records)))
  }

  /** As a process that lost nothing, unless told otherwise. */
  register(
    brokerId: number,
    rack: string | null,
    incarnation = 1000 + brokerId,
    previousBrokerEpoch = this.image.brokers.get(brokerId)?.brokerEpoch ?? -1,
    host = '127.0.0.1',
  ): number {
    const { brokerEpoch } = this.send('registerBroker', {
      brokerId,
      clusterId: CLUSTER_ID,
      incarnationId: uuidOf(incarnation),
      rack,
      previousBrokerEpoch,
      endpoints: [{ name: 'PLAINTEXT', host, port: 19000 + brokerId, securityProtocol: 'PLAINTEXT' }],
    })
    this.alive.add(brokerId)
    return brokerEpoch
  }

  heartbeat(brokerId: number, wants: { fence?: boolean; shutDown?: boolean } = {}) {
    return this.send('heartbeat', {
      brokerId,
      brokerEpoch: this.epoch(brokerId),
      currentMetadataOffset: this.image.offset,
      wantFence: wants.fence ?? false,
      wantShutDown: wants.shutDown ?? false,
    })
  }

  fence(brokerId: number) {
    return this.send('fenceBroker', { brokerId, brokerEpoch: this.epoch(brokerId) })
  }

  /** Registered and unfenced. */
  start(brokerId: number, rack: string | null = null): void {
    this.register(brokerId, rack)
    this.heartbeat(brokerId)
  }

  create(name: string, options: Partial<CreatableTopic> & { validateOnly?: boolean } = {}) {
    const { validateOnly = false, ...topic } = options
    const defaults = { numPartitions: -1, replicationFactor: -1, assignments: [], configs: [] }
    const [created] = this.send('createTopics', { topics: [{ name, ...defaults, ...topic }], validateOnly })
    return created!
  }

  /** Past the controller, so that it can have more than one replica. */
  createReplicated(name: string, replicas: readonly number[], state: Partial<PartitionImage> = {}): void {
    const topicId = uuidOf(9000 + this.image.topics.size)
    this.append([
      { type: 'Topic', name, topicId },
      {
        type: 'Partition',
        topicId,
        partitionId: 0,
        replicas,
        isr: replicas,
        removingReplicas: [],
        addingReplicas: [],
        leader: replicas[0]!,
        leaderEpoch: 0,
        partitionEpoch: 0,
        leaderRecoveryState: LeaderRecoveryState.RECOVERED,
        eligibleLeaderReplicas: [],
        lastKnownElr: [],
        offlineReplicas: [],
        uncleanLeaderEpoch: -1,
        ...state,
      },
    ])
  }

  /** What the leader of partition 0 asks for, with what it knows right now. */
  alterIsr(
    topic: string,
    isr: readonly number[],
    { senderId, ...change }: Partial<AlterablePartition> & { senderId?: number } = {},
  ): AlteredPartition {
    const { leader, leaderEpoch, partitionEpoch, partitionId } = this.partition(topic)
    const brokerId = senderId ?? leader
    const partition = {
      partitionIndex: partitionId,
      leaderEpoch,
      partitionEpoch,
      leaderRecoveryState: LeaderRecoveryState.RECOVERED,
      newIsrWithEpochs: isr.map((id) => ({ brokerId: id, brokerEpoch: this.epoch(id) })),
      ...change,
    }
    const { topics } = this.send('alterPartition', {
      brokerId,
      brokerEpoch: this.epoch(brokerId),
      topics: [{ topicId: this.image.topics.get(topic)!.topicId, partitions: [partition] }],
    })
    return topics[0]!.partitions[0]!
  }

  /** Sets or, with null, takes back a configuration of a topic, or of all brokers where `topic` is empty. */
  configure(topic: string, name: string, value: string | null) {
    const operation = value === null ? AlterConfigOperation.DELETE : AlterConfigOperation.SET
    const [altered] = this.send('incrementalAlterConfigs', {
      resources: [
        {
          resourceType: topic === '' ? ConfigResourceType.BROKER : ConfigResourceType.TOPIC,
          resourceName: topic,
          configs: [{ name, value, configOperation: operation }],
        },
      ],
      validateOnly: false,
    })
    return altered!
  }

  partition(topic: string, partitionId = 0): PartitionImage {
    return this.image.topics.get(topic)!.partitions[partitionId]!
  }

  epoch(brokerId: number): number {
    return this.image.brokers.get(brokerId)!.brokerEpoch
  }
}
