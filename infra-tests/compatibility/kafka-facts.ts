/** Names and versions of Apache Kafka's, as its jars have them. */
import { readFileSync } from 'node:fs'

export interface KafkaFacts {
  readonly version: string
  /** What its brokers serve to clients. */
  readonly apis: readonly {
    readonly key: number
    readonly name: string
    readonly versions: readonly [number, number]
  }[]
  readonly topicConfigs: readonly string[]
  readonly brokerConfigs: readonly string[]
  /** Kafka does not document them. */
  readonly internalBrokerConfigs: readonly string[]
}

export const kafkaFacts: KafkaFacts = JSON.parse(
  readFileSync(new URL('./kafka-facts.json', import.meta.url), 'utf8'),
)
