/**
 * Every API that we declare, field by field and version by version, against the schemas of Apache Kafka
 * itself.
 */
import { apiSchemas } from '@freshet/broker/apis'
import { describe, expect, test } from 'vitest'
import { kafkaJars } from '../tools/kafka-jars.ts'
import type { KafkaMessage } from './kafka-schemas.ts'
import { kafkaForm, ourForm, parseVersions, readKafkaMessages } from './kafka-schemas.ts'

const jars = kafkaJars()
const messages = 'folder' in jars ? readKafkaMessages(jars.folder) : new Map<string, KafkaMessage>()
const reason = 'missing' in jars ? ` (skipped: ${jars.missing})` : ''

describe.skipIf('missing' in jars)(`our schemas are Kafka's${reason}`, () => {
  test('the jar holds the schemas of all APIs', () => {
    expect(messages.size).toBeGreaterThan(150)
  })

  for (const api of apiSchemas) {
    for (const message of [api.request, api.response]) {
      test(message.name, () => {
        const kafka = messages.get(message.name)
        if (kafka === undefined) throw new Error(`Kafka has no ${message.name}`)
        const [min, max] = api.versions
        const [kafkaMin, kafkaMax] = parseVersions(kafka.validVersions)
        expect(kafka.apiKey).toBe(api.key)
        expect(min).toBeGreaterThanOrEqual(kafkaMin)
        expect(max).toBeLessThanOrEqual(kafkaMax)
        expect(api.flexible).toBe(parseVersions(kafka.flexibleVersions)[0])
        for (let version = min; version <= max; version++) {
          const ours = ourForm(message, version)
          const theirs = kafkaForm(kafka, version, api.versions)
          expect(ours.present, `version ${version}`).toEqual(theirs.present)
          expect(ours.absent, `fields that version ${version} lacks`).toEqual(theirs.absent)
        }
      })
    }
  }
})
