/** docs/compatibility.md is what the code is. */
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { BROKER_DEFINITIONS } from '../../broker/src/cluster/configs/broker-definitions.ts'
import { isTopicConfigName } from '../../broker/src/cluster/configs/topic-definitions.ts'
import { compatibilityDocument } from '../compatibility/document.ts'
import { kafkaFacts } from '../compatibility/kafka-facts.ts'
import { kafkaJars } from '../tools/kafka-jars.ts'
import { parseVersions, readKafkaMessages } from './kafka-schemas.ts'

const jars = kafkaJars()
/** Kafka 4 has dropped it; MSK's configurations may still have it. */
const OLDER = ['leader.imbalance.per.broker.percentage']

test('the page is up to date: npm run compatibility', () => {
  const page = readFileSync(new URL('../../docs/compatibility.md', import.meta.url), 'utf8')
  expect(page).toBe(compatibilityDocument())
})

test("every topic configuration of Kafka's is known here", () => {
  expect(kafkaFacts.topicConfigs.filter((name) => !isTopicConfigName(name))).toEqual([])
})

test('no broker configuration has a name that Kafka does not know', () => {
  const known = new Set([...kafkaFacts.brokerConfigs, ...kafkaFacts.internalBrokerConfigs, ...OLDER])
  const foreign = [...BROKER_DEFINITIONS.keys()].filter((name) => !known.has(name))
  expect(foreign).toEqual([])
})

describe.skipIf('missing' in jars)("the facts are those of Kafka's jars", () => {
  test('APIs', () => {
    const messages = 'folder' in jars ? readKafkaMessages(jars.folder) : new Map()
    for (const { key, name, versions } of kafkaFacts.apis) {
      const message = messages.get(`${name}Request`)
      expect(message?.apiKey, name).toBe(key)
      const [min, max] = parseVersions(message.validVersions)
      expect([min, max - 1, max]).toEqual(expect.arrayContaining([...versions]))
    }
  })
})
