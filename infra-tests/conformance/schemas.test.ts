/**
 * Every API that we declare and every record that our coordinators keep, field by field and version by version,
 * against the schemas of Apache Kafka itself.
 */
import { apiSchemas } from '@freshet/broker/apis'
import { recordSchemas } from '@freshet/broker/records'
import type { Message } from '@freshet/broker/wire'
import { describe, expect, test } from 'vitest'
import { kafkaJars } from '../tools/kafka-jars.ts'
import type { KafkaMessage } from './kafka-schemas.ts'
import { kafkaForm, ourForm, parseVersions, readKafkaMessages, readKafkaRecords } from './kafka-schemas.ts'

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

describe.skipIf('missing' in jars)(`our records are Kafka's${reason}`, () => {
  const records = 'folder' in jars ? readKafkaRecords(jars.folder) : new Map<string, KafkaMessage>()

  /** The first field is what Kafka has no need to declare: it is the key's type and the value's version. */
  function expectSame(ours: Message, name: string, first: string): KafkaMessage {
    const kafka = records.get(name)
    if (kafka === undefined) throw new Error(`Kafka has no ${name}`)
    expect(ours.versions).toEqual(parseVersions(kafka.validVersions))
    expect(ours.flexible).toBe(parseVersions(kafka.flexibleVersions)[0])
    for (let version = ours.versions[0]; version <= ours.versions[1]; version++) {
      const [prefix, ...present] = ourForm(ours, version).present
      expect(prefix).toMatchObject({ name: first, type: 'int16', nullable: false, tag: null })
      const theirs = kafkaForm(kafka, version, ours.versions).present
      // A regular expression has a version of the metadata, which is not that of the record.
      const renamed = theirs.map((field) =>
        field.name === 'version' ? { ...field, name: 'metadataVersion' } : field,
      )
      expect(present, `version ${version}`).toEqual(renamed)
    }
    return kafka
  }

  test.each(recordSchemas.map((each) => [each.name, each] as const))(
    '%s',
    (name, { keyType, key, value }) => {
      expect(expectSame(key, `${name}Key`, 'type').apiKey).toBe(keyType)
      expectSame(value, `${name}Value`, 'version')
    },
  )

  test('none is missing but those that Kafka itself does not write any more', () => {
    const ours = recordSchemas.map(({ name }) => name)
    const theirs = [...records.keys()].filter((name) => name.endsWith('Key')).map((name) => name.slice(0, -3))
    expect(theirs.filter((name) => !ours.includes(name)).sort()).toEqual([
      'ConsumerGroupPartitionMetadata',
      'LegacyOffsetCommit',
    ])
  })
})
