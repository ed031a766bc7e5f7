import { expect, test } from 'vitest'
import { environmentProperties } from './environment.ts'

test('a variable becomes the property of its name', () => {
  const properties = environmentProperties({
    KAFKA_ADVERTISED_LISTENERS: 'PLAINTEXT://kafka:9092',
    KAFKA_NODE_ID: '1',
    KAFKA_A__B___C: 'x',
    KAFKA_FRESHET_COORDINATION_URL: 'sqlite:///state/coordination.db',
  })
  expect(Object.fromEntries(properties)).toEqual({
    'advertised.listeners': 'PLAINTEXT://kafka:9092',
    'node.id': '1',
    'a_b-c': 'x',
    'freshet.coordination.url': 'sqlite:///state/coordination.db',
  })
})

test('other variables, and those of Kafka’s scripts, are none', () => {
  expect(environmentProperties({ PATH: '/bin', KAFKA_HEAP_OPTS: '-Xmx1g', KAFKAESQUE: 'x' }).size).toBe(0)
})
