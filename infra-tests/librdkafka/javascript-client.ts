/** As much of Confluent's JavaScript client as its tests use; it is built beside us, without its types. */
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { kafkaJavascript } from './build.ts'

export interface Message {
  readonly key?: string | Buffer | null
  readonly value: string | Buffer | null
  readonly headers?: Readonly<Record<string, string | Buffer>>
}

interface Client {
  connect(): Promise<void>
  disconnect(): Promise<void>
}

export interface Producer extends Client {
  send(record: {
    readonly topic: string
    readonly messages: readonly (Message & { readonly partition?: number })[]
  }): Promise<readonly { readonly partition: number; readonly baseOffset?: string }[]>
  transaction(): Promise<Producer>
  commit(): Promise<void>
  abort(): Promise<void>
  sendOffsets(args: {
    readonly consumer: Consumer
    readonly topics: readonly {
      readonly topic: string
      readonly partitions: readonly { readonly partition: number; readonly offset: string }[]
    }[]
  }): Promise<void>
}

export interface Received {
  readonly topic: string
  readonly partition: number
  readonly message: {
    readonly key: Buffer | null
    readonly value: Buffer | null
    readonly offset: string
    readonly headers?: Readonly<Record<string, Buffer | string>>
  }
}

export interface Batch {
  readonly partition: number
  readonly messages: readonly Received['message'][]
}

export interface Consumer extends Client {
  subscribe(subscription: { readonly topics: readonly (string | RegExp)[] }): Promise<void>
  run(
    config:
      | { readonly eachMessage: (received: Received) => Promise<void> }
      | { readonly eachBatch: (received: { readonly batch: Batch }) => Promise<void> },
  ): Promise<void>
  assignment(): readonly { readonly topic: string; readonly partition: number }[]
}

export interface Admin extends Client {
  createTopics(options: {
    readonly topics: readonly {
      readonly topic: string
      readonly numPartitions: number
      readonly replicationFactor: number
      readonly configEntries?: readonly { readonly name: string; readonly value: string }[]
    }[]
  }): Promise<boolean>
  deleteTopics(options: { readonly topics: readonly string[] }): Promise<void>
  listTopics(): Promise<readonly string[]>
  fetchTopicMetadata(options: { readonly topics: readonly string[] }): Promise<
    readonly {
      readonly name: string
      readonly partitions: readonly { readonly partitionId: number; readonly replicas: readonly number[] }[]
    }[]
  >
  fetchTopicOffsets(
    topic: string,
  ): Promise<readonly { readonly partition: number; readonly low: string; readonly high: string }[]>
  deleteTopicRecords(options: {
    readonly topic: string
    readonly partitions: readonly { readonly partition: number; readonly offset: string }[]
  }): Promise<unknown>
  listGroups(): Promise<{ readonly groups: readonly { readonly groupId: string }[] }>
  describeGroups(groups: readonly string[]): Promise<{
    readonly groups: readonly { readonly groupId: string; readonly members: readonly unknown[] }[]
  }>
  fetchOffsets(options: { readonly groupId: string; readonly topics: readonly string[] }): Promise<
    readonly {
      readonly partitions: readonly { readonly partition: number; readonly offset: string }[]
    }[]
  >
  deleteGroups(groups: readonly string[]): Promise<unknown>
}

export interface Kafka {
  producer(config?: object): Producer
  consumer(config: object): Consumer
  admin(): Admin
}

interface Module {
  readonly KafkaJS: {
    readonly Kafka: new (config: {
      readonly kafkaJS: { readonly brokers: readonly string[]; readonly logLevel: number }
    }) => Kafka
    readonly logLevel: { readonly NOTHING: number }
  }
}

export function connectTo(bootstrap: string): Kafka {
  const require = createRequire(join(kafkaJavascript(), 'package.json'))
  const { KafkaJS }: Module = require('@confluentinc/kafka-javascript')
  return new KafkaJS.Kafka({
    kafkaJS: { brokers: bootstrap.split(','), logLevel: KafkaJS.logLevel.NOTHING },
  })
}
