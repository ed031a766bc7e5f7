/** An administrator: makes the topic that the others use, gives it more partitions, makes and deletes other topics. */
import { ErrorCode } from '@freshet/broker/wire'
import {
  AlterClientQuotasApi,
  CreatePartitionsApi,
  CreateTopicsApi,
  DeleteTopicsApi,
  IncrementalAlterConfigsApi,
} from '../broker-code.ts'
import type { ClientWorld } from './client-world.ts'
import { ClusterClient, ifNoAnswer } from './cluster-client.ts'

const CREATE_TOPICS_VERSION = 7
const DELETE_TOPICS_VERSION = 5
const CREATE_PARTITIONS_VERSION = 3
const TIMEOUT_MS = 5000
const SCRATCH_TOPICS = 3
const GROUP_RESOURCE = 32
const SET = 0

export interface TopicDraft {
  readonly name: string
  readonly partitions: number
  readonly replicationFactor: number
  readonly configs: Readonly<Record<string, string>>
}

export class Admin {
  readonly client: ClusterClient

  constructor(world: ClientWorld, name: string) {
    this.client = new ClusterClient(world, name)
  }

  /** Tries until the topic is there. */
  async createTopic(draft: TopicDraft): Promise<void> {
    for (;;) {
      const errorCode = await this.#create(draft)
      if (errorCode === ErrorCode.NONE || errorCode === ErrorCode.TOPIC_ALREADY_EXISTS) return
      await this.client.backOff()
    }
  }

  /** Tries until the group is configured so. */
  async configureGroup(group: string, configs: Readonly<Record<string, string>>): Promise<void> {
    const entries = Object.entries(configs).map(([name, value]) => ({ name, configOperation: SET, value }))
    const resource = { resourceType: GROUP_RESOURCE, resourceName: group, configs: entries }
    const body = { resources: [resource], validateOnly: false }
    for (;;) {
      const answer = await this.client.requestAny(IncrementalAlterConfigsApi, 1, body).catch(ifNoAnswer)
      const errorCode = answer?.responses[0]?.errorCode
      this.#note('configures a group', { group, errorCode })
      if (errorCode === ErrorCode.NONE) return
      await this.client.backOff()
    }
  }

  /** Tries until the client's quota is set. */
  async setQuota(
    clientId: string,
    key: 'producer_byte_rate' | 'consumer_byte_rate',
    value: number,
  ): Promise<void> {
    const entity = [{ entityType: 'client-id', entityName: clientId }]
    const body = { entries: [{ entity, ops: [{ key, value, remove: false }] }], validateOnly: false }
    for (;;) {
      const answer = await this.client.requestAny(AlterClientQuotasApi, 1, body).catch(ifNoAnswer)
      const errorCode = answer?.entries[0]?.errorCode
      this.#note('sets a quota', { clientId, key, value, errorCode })
      if (errorCode === ErrorCode.NONE) return
      await this.client.backOff()
    }
  }

  /** Changes things until it is stopped. */
  async change(main: TopicDraft, partitionsMax: number): Promise<void> {
    const { client } = this
    let partitions = main.partitions
    while (!client.isStopped) {
      await client.pause(client.dice.around(5000))
      if (client.isStopped) return
      const name = `scratch-${client.dice.between(1, SCRATCH_TOPICS)}`
      if (client.dice.chance(0.2) && partitions < partitionsMax)
        await this.#addPartitions(main.name, ++partitions)
      else if (client.dice.chance(0.5)) await this.#create({ ...main, name, partitions: 2 })
      else await this.#delete(name)
    }
  }

  async #create({ name, partitions, replicationFactor, configs }: TopicDraft): Promise<number | undefined> {
    const body = {
      topics: [
        {
          name,
          numPartitions: partitions,
          replicationFactor,
          assignments: [],
          configs: Object.entries(configs).map(([key, value]) => ({ name: key, value })),
        },
      ],
      timeoutMs: TIMEOUT_MS,
    }
    const answer = await this.client
      .requestAny(CreateTopicsApi, CREATE_TOPICS_VERSION, body, TIMEOUT_MS * 2)
      .catch(ifNoAnswer)
    const errorCode = answer?.topics[0]?.errorCode
    this.#note('creates a topic', { name, errorCode })
    return errorCode
  }

  async #delete(name: string): Promise<void> {
    const body = { topicNames: [name], timeoutMs: TIMEOUT_MS }
    const answer = await this.client
      .requestAny(DeleteTopicsApi, DELETE_TOPICS_VERSION, body, TIMEOUT_MS * 2)
      .catch(ifNoAnswer)
    this.#note('deletes a topic', { name, errorCode: answer?.responses[0]?.errorCode })
  }

  async #addPartitions(name: string, count: number): Promise<void> {
    const body = { topics: [{ name, count, assignments: null }], timeoutMs: TIMEOUT_MS, validateOnly: false }
    const answer = await this.client
      .requestAny(CreatePartitionsApi, CREATE_PARTITIONS_VERSION, body, TIMEOUT_MS * 2)
      .catch(ifNoAnswer)
    this.#note('adds partitions', { name, count, errorCode: answer?.results[0]?.errorCode })
  }

  #note(what: string, details: Readonly<Record<string, unknown>>): void {
    this.client.world.trace.add(this.client.name, what, details)
  }
}
