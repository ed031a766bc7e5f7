/** kafka-configs, kafka-get-offsets, kafka-delete-records, kafka-log-dirs, kafka-broker-api-versions. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { type KafkaTool, kafkaTool } from '../support/java.ts'
import { suite } from '../support/requirements.ts'
import { uniqueName, useCluster } from './cluster-under-test.ts'

suite('administration tools', ['java'], () => {
  const cluster = useCluster()

  test.concurrent('kafka-configs sets, shows and removes retention.ms', async ({ expect }) => {
    const topic = await newTopic()
    const entity = ['--entity-type', 'topics', '--entity-name', topic]
    const set = await tool('kafka-configs', ['--alter', ...entity, '--add-config', 'retention.ms=3600000'])
    expect(set.output).toContain(`Completed updating config for topic ${topic}.`)
    // Each broker knows it a moment later, and the tool asks any.
    const shown = async () => (await tool('kafka-configs', ['--describe', ...entity])).stdout
    await expect.poll(shown).toMatch(/retention\.ms=3600000.*DYNAMIC_TOPIC_CONFIG:retention\.ms=3600000/)
    expect(
      (await tool('kafka-configs', ['--alter', ...entity, '--delete-config', 'retention.ms'])).exitCode,
    ).toBe(0)
    await expect.poll(shown).not.toContain('retention.ms')
    const all = async () => (await tool('kafka-configs', ['--describe', '--all', ...entity])).stdout
    await expect.poll(all).toMatch(/retention\.ms=604800000 sensitive=false/)
  })

  test.concurrent('kafka-configs refuses an unknown name and a bad value', async () => {
    const topic = await newTopic()
    const alter = ['--alter', '--entity-type', 'topics', '--entity-name', topic, '--add-config']
    const unknown = await tool('kafka-configs', [...alter, 'no.such.config=1'])
    expect(unknown.exitCode).not.toBe(0)
    expect(unknown.output).toContain('no.such.config')
    const bad = await tool('kafka-configs', [...alter, 'cleanup.policy=sometimes'])
    expect(bad.exitCode).not.toBe(0)
    expect(bad.output).toMatch(/InvalidConfigurationException|ConfigException/)
  })

  test.concurrent('kafka-get-offsets shows the end and the beginning', async () => {
    const topic = await newTopic()
    await produce(topic, ['a', 'b', 'c'])
    expect(await offset(topic, '-1')).toBe(`${topic}:0:3`)
    expect(await offset(topic, '-2')).toBe(`${topic}:0:0`)
    expect(await offset(topic, String(Date.now() - 60_000))).toBe(`${topic}:0:0`)
  })

  test.concurrent('kafka-delete-records moves the beginning', async () => {
    const topic = await newTopic()
    await produce(topic, ['a', 'b', 'c', 'd'])
    const folder = mkdtempSync(join(tmpdir(), 'freshet-test-'))
    try {
      const file = join(folder, 'records.json')
      writeFileSync(file, JSON.stringify({ version: 1, partitions: [{ topic, partition: 0, offset: 3 }] }))
      const deleted = await tool('kafka-delete-records', ['--offset-json-file', file])
      expect(deleted.stdout).toMatch(/low_watermark:\s*3/)
    } finally {
      rmSync(folder, { recursive: true })
    }
    expect(await offset(topic, '-2')).toBe(`${topic}:0:3`)
    const args = ['--topic', topic, '--from-beginning', '--max-messages', '1', '--timeout-ms', '20000']
    expect((await tool('kafka-console-consumer', args)).stdout).toBe('d\n')
  })

  test.concurrent('kafka-log-dirs shows the partition with its size', async () => {
    const topic = await newTopic()
    await produce(topic, ['some bytes'])
    const described = await tool('kafka-log-dirs', ['--describe', '--topic-list', topic])
    const json = described.stdout.split('\n').find((line) => line.startsWith('{'))
    const { brokers } = JSON.parse(json ?? '{}') as LogDirs
    expect(brokers.map(({ broker }) => broker).sort()).toEqual(cluster().brokers.map(({ id }) => id))
    const partitions = brokers.flatMap(({ logDirs }) => logDirs.flatMap((folder) => folder.partitions))
    expect(partitions).toHaveLength(1)
    expect(partitions[0]).toMatchObject({ partition: `${topic}-0`, offsetLag: 0, isFuture: false })
    expect(partitions[0]?.size).toBeGreaterThan(61)
  })

  test.concurrent('kafka-broker-api-versions names every broker and no unsupported essential', async () => {
    const shown = await tool('kafka-broker-api-versions', [])
    for (const { id, port } of cluster().brokers)
      expect(shown.stdout).toContain(`127.0.0.1:${port} (id: ${id} rack: `)
    for (const api of [
      'Produce(0)',
      'Fetch(1)',
      'ListOffsets(2)',
      'Metadata(3)',
      'CreateTopics(19)',
      'InitProducerId(22)',
    ]) {
      expect(shown.stdout).toMatch(new RegExp(`${api.replace(/[()]/g, '\\$&')}: \\d`))
    }
  })

  interface LogDirs {
    brokers: {
      broker: number
      logDirs: { partitions: { partition: string; size: number; offsetLag: number; isFuture: boolean }[] }[]
    }[]
  }

  async function offset(topic: string, time: string): Promise<string> {
    return (await tool('kafka-get-offsets', ['--topic', topic, '--time', time])).stdout.trim()
  }

  async function newTopic(): Promise<string> {
    const topic = uniqueName('topic')
    const created = await tool('kafka-topics', ['--create', '--topic', topic, '--partitions', '1'])
    expect(created.exitCode, created.output).toBe(0)
    return topic
  }

  async function produce(topic: string, lines: string[]): Promise<void> {
    const target = ['--bootstrap-server', cluster().bootstrap, '--topic', topic]
    const produced = await kafkaTool('kafka-console-producer', target, { input: `${lines.join('\n')}\n` })
    expect(produced.exitCode, produced.output).toBe(0)
  }

  function tool(name: KafkaTool, args: string[]) {
    return kafkaTool(name, ['--bootstrap-server', cluster().bootstrap, ...args])
  }
})
