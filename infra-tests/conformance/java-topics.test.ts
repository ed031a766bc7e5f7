/** kafka-topics of Apache Kafka, as a tutorial's reader uses it. */
import { expect, test } from 'vitest'
import { kafkaTool } from '../support/java.ts'
import { suite } from '../support/requirements.ts'
import { uniqueName, useCluster } from './cluster-under-test.ts'

suite('kafka-topics', ['java'], () => {
  const cluster = useCluster()

  test.concurrent('creates with defaults and lists', async () => {
    const topic = uniqueName('defaults')
    expect((await topics(['--create', '--topic', topic])).stdout).toContain(`Created topic ${topic}.`)
    const listed = await topics(['--list'])
    expect(listed.stdout.split('\n')).toContain(topic)
    const described = await describeTopic(topic)
    expect(described).toContain('PartitionCount: 1')
    expect(described).toContain('ReplicationFactor: 1')
  })

  test.concurrent('creates with counts and a config, and describes them', async ({ expect }) => {
    const topic = uniqueName('hello.kafka')
    const counts = ['--partitions', '3', '--replication-factor', '1', '--config', 'retention.ms=172800000']
    expect((await topics(['--create', '--topic', topic, ...counts])).exitCode).toBe(0)
    await expect.poll(() => describeTopic(topic)).toMatch(/TopicId: [\w-]{22}\s/)
    const described = await describeTopic(topic)
    expect(described).toContain('PartitionCount: 3')
    expect(described).toContain('retention.ms=172800000')
    const partitions = described.split('\n').filter((line) => /Partition: \d/.test(line))
    expect(partitions).toHaveLength(3)
    for (const line of partitions) expect(line).toMatch(/Leader: (\d+)\s+Replicas: \1\s+Isr: \1/)
  })

  test.concurrent('grows partitions and refuses to shrink them', async ({ expect }) => {
    const topic = uniqueName('grown')
    await topics(['--create', '--topic', topic, '--partitions', '3'])
    expect((await topics(['--alter', '--topic', topic, '--partitions', '4'])).exitCode).toBe(0)
    await expect.poll(() => describeTopic(topic)).toContain('PartitionCount: 4')
    const shrunk = await topics(['--alter', '--topic', topic, '--partitions', '2'])
    expect(shrunk.exitCode).not.toBe(0)
    expect(shrunk.output).toContain('InvalidPartitionsException')
    expect(await describeTopic(topic)).toContain('PartitionCount: 4')
  })

  test.concurrent('deletes', async ({ expect }) => {
    const topic = uniqueName('deleted')
    await topics(['--create', '--topic', topic])
    expect((await topics(['--delete', '--topic', topic])).exitCode).toBe(0)
    await expect.poll(async () => (await topics(['--list'])).stdout.split('\n')).not.toContain(topic)
    const again = await topics(['--delete', '--topic', topic])
    expect(again.exitCode).not.toBe(0)
    expect(again.output).toContain('does not exist')
  })

  test.concurrent('a name of 249 characters is the longest', async () => {
    const longest = uniqueName('n').padEnd(249, 'n')
    expect((await topics(['--create', '--topic', longest])).exitCode).toBe(0)
    const longer = await topics(['--create', '--topic', `${longest}n`])
    expect(longer.output).toContain('InvalidTopicException')
  })

  test.concurrent.each(['a b', '..', 'sl/ash'])('the name "%s" is invalid', async (name) => {
    const refused = await topics(['--create', '--topic', name])
    expect(refused.exitCode).not.toBe(0)
    expect(refused.output).toContain('InvalidTopicException')
  })

  test.concurrent('names that differ only in dot and underscore collide', async () => {
    const name = uniqueName('col')
    await topics(['--create', '--topic', `${name}.x`])
    const refused = await topics(['--create', '--topic', `${name}_x`])
    expect(refused.output).toContain('InvalidTopicException')
    expect(refused.output).toContain('collides with')
  })

  test.concurrent('a duplicate is refused, or skipped with --if-not-exists', async () => {
    const topic = uniqueName('twice')
    await topics(['--create', '--topic', topic])
    const refused = await topics(['--create', '--topic', topic])
    expect(refused.exitCode).not.toBe(0)
    expect(refused.output).toContain('TopicExistsException')
    expect((await topics(['--create', '--if-not-exists', '--topic', topic])).exitCode).toBe(0)
  })

  test.concurrent('more replicas than brokers are refused', async () => {
    const args = ['--create', '--topic', uniqueName('rf'), '--replication-factor', '4']
    const refused = await topics(args)
    expect(refused.exitCode).not.toBe(0)
    expect(refused.output).toContain('InvalidReplicationFactorException')
  })

  test.concurrent('an unknown config is refused', async () => {
    const refused = await topics(['--create', '--topic', uniqueName('bad'), '--config', 'retention.ms=soon'])
    expect(refused.exitCode).not.toBe(0)
    expect(refused.output).toMatch(/InvalidConfigurationException|ConfigException/)
  })

  test.concurrent('every broker takes the request', async ({ expect }) => {
    const topic = uniqueName('any')
    const [first, second] = cluster().brokers
    await topics(['--create', '--topic', topic], second!.port)
    await expect
      .poll(async () => (await topics(['--describe', '--topic', topic], first!.port)).stdout)
      .toContain('PartitionCount: 1')
  })

  async function describeTopic(topic: string): Promise<string> {
    return (await topics(['--describe', '--topic', topic])).stdout
  }

  function topics(args: string[], port?: number) {
    const bootstrap = port === undefined ? cluster().bootstrap : `127.0.0.1:${port}`
    return kafkaTool('kafka-topics', ['--bootstrap-server', bootstrap, ...args])
  }
})
