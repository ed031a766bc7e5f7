/** Share groups (KIP-932) with Apache Kafka's own tools. */
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { javaSource, kafkaTool } from '../support/java.ts'
import { suite } from '../support/requirements.ts'
import { uniqueName, useCluster } from './cluster-under-test.ts'

const LOCK_MS = 3000

suite('share groups', ['java'], () => {
  const cluster = useCluster({
    brokers: 1,
    properties: {
      'group.share.min.record.lock.duration.ms': '1000',
      'group.share.min.session.timeout.ms': '5000',
      'group.share.session.timeout.ms': '5000',
      'group.share.min.heartbeat.interval.ms': '500',
      'group.share.heartbeat.interval.ms': '500',
      'share.coordinator.state.topic.num.partitions': '2',
      'share.coordinator.state.topic.replication.factor': '1',
      'share.coordinator.state.topic.min.isr': '1',
      'share.coordinator.state.topic.prune.interval.ms': '1000',
      'share.coordinator.cold.partition.snapshot.interval.ms': '2000',
      'share.coordinator.snapshot.update.records.per.snapshot': '1',
    },
  })

  test('accepted records are done with, and administrators see it', async () => {
    const { topic, group } = await produced(['a', 'b', 'c'])
    expect(await consume(topic, group, 3)).toEqual(['a', 'b', 'c'])
    const listed = await shareGroups(['--list', '--state'])
    expect(listed.stdout).toMatch(new RegExp(`${group}\\s+(Empty|Stable)`))
    const described = await shareGroups(['--describe', '--group', group])
    const row = described.stdout.split('\n').find((line) => line.includes(topic)) ?? ''
    // group, topic, partition, start offset, lag
    expect(row.trim().split(/\s+/)[4]).toBe('0')
    await produce(topic, ['d'])
    expect(await consume(topic, group, 1)).toEqual(['d'])
  }, 180_000)

  test('a group that was moved has its lag at once', async () => {
    const { topic, group } = await produced(['a', 'b', 'c'])
    expect(await consume(topic, group, 3)).toEqual(['a', 'b', 'c'])
    const target = ['--group', group, '--topic', topic]
    const moved = await shareGroups([...target, '--reset-offsets', '--to-earliest', '--execute'])
    expect(moved.exitCode, moved.output).toBe(0)
    const described = await shareGroups(['--describe', '--group', group])
    const row = described.stdout.split('\n').find((line) => line.includes(topic)) ?? ''
    expect(row.trim().split(/\s+/).slice(3)).toEqual(['0', '3'])
  }, 180_000)

  test('state that says nothing any more is deleted', async () => {
    const { topic, group } = await produced(['a', 'b', 'c'])
    for (const value of ['a', 'b', 'c']) expect(await consume(topic, group, 1)).toEqual([value])
    const earliest = [
      '--bootstrap-server',
      cluster().bootstrap,
      '--topic',
      '__share_group_state',
      '--time',
      'earliest',
    ]
    await expect
      .poll(async () => (await kafkaTool('kafka-get-offsets', earliest)).stdout)
      .toMatch(/^__share_group_state:\d:[1-9]/m)
    await produce(topic, ['d'])
    expect(await consume(topic, group, 1)).toEqual(['d'])
  }, 180_000)

  test('released records come again, rejected ones do not', async () => {
    const { topic, group } = await produced(['x'])
    expect(await consume(topic, group, 1, ['--release'])).toEqual(['x'])
    expect(await consume(topic, group, 1, ['--reject'])).toEqual(['x'])
    await produce(topic, ['y'])
    expect(await consume(topic, group, 1)).toEqual(['y'])
  }, 180_000)

  test('offsets of an empty group are reset and deleted', async () => {
    const { topic, group } = await produced(['a', 'b'])
    expect(await consume(topic, group, 2)).toEqual(['a', 'b'])
    const target = ['--group', group, '--topic', topic]
    await expect
      .poll(async () => (await shareGroups(['--describe', '--group', group, '--state'])).stdout)
      .toContain('Empty')
    const reset = await shareGroups(['--reset-offsets', ...target, '--to-earliest', '--execute'])
    expect(reset.exitCode, reset.output).toBe(0)
    expect(await consume(topic, group, 2)).toEqual(['a', 'b'])
    await expect
      .poll(async () => (await shareGroups(['--describe', '--group', group, '--state'])).stdout)
      .toContain('Empty')
    const removed = await shareGroups(['--delete-offsets', ...target])
    expect(removed.exitCode, removed.output).toBe(0)
    const deleted = await shareGroups(['--delete', '--group', group])
    expect(deleted.output).toContain('successful')
    expect((await shareGroups(['--list'])).stdout).not.toContain(group)
  }, 240_000)

  test('the performance tool and the verifiable consumer get every record', async () => {
    const values = Array.from({ length: 500 }, (_, index) => String(index))
    const { topic, group } = await produced(values)
    const target = ['--bootstrap-server', cluster().bootstrap, '--topic', topic]
    const count = ['--num-records', '500', '--threads', '2', '--hide-header', '--timeout', '40000']
    const performed = await kafkaTool('kafka-share-consumer-perf-test', [
      ...target,
      '--group',
      group,
      ...count,
    ])
    expect(performed.exitCode, performed.output).toBe(0)
    expect(Number(performed.stdout.trim().split(',')[4])).toBeGreaterThan(0)
    expect(Number(performed.stdout.trim().split(',')[5])).toBe(500)
    const other = await withEarliest(uniqueName('share-group'))
    const verified = await kafkaTool('kafka-verifiable-share-consumer', [
      ...[...target, '--group-id', other, '--max-messages', '500', '--acknowledgement-mode', 'sync'],
    ])
    const acknowledged = verified.stdout
      .split('\n')
      .filter((line) => line.includes('"offsets_acknowledged"'))
      .map((line) => JSON.parse(line) as { count: number })
    expect(acknowledged.reduce((sum, each) => sum + each.count, 0)).toBe(500)
  }, 180_000)

  test('a lock that is renewed is kept, another one runs out', async () => {
    const { topic, group } = await produced(['x'])
    await withConfig(group, `share.record.lock.duration.ms=${LOCK_MS}`)
    const args = [cluster().bootstrap, group, topic, String(LOCK_MS)]
    const outcome = await javaSource('ShareRenewal', args)
    expect(outcome.stdout.trim().split('\n'), outcome.output).toEqual([
      'while it was renewed: 0',
      'afterwards: x for the 2nd time',
    ])
  }, 180_000)

  test("the dump tool reads a group's members and the state of its partition", async () => {
    const { topic, group } = await produced(['a', 'b', 'c'])
    expect(await consume(topic, group, 2, ['--release'])).toEqual(['a', 'b'])
    const state = () => dumped('__share_group_state', 2, '--share-group-state-decoder')
    const mine = async () => (await state()).filter((line) => line.includes(`"groupId":"${group}"`))
    await expect
      .poll(mine)
      .toContainEqual(expect.stringMatching(/"startOffset":0.*"deliveryState":0,"deliveryCount":1/))
    const members = await dumped('__consumer_offsets', 50, '--offsets-decoder')
    expect(members).toContainEqual(
      expect.stringMatching(new RegExp(`"groupId":"${group}".*"subscribedTopicNames":\\["${topic}"\\]`)),
    )
  }, 180_000)

  test('kafka-features turns share groups off and on again', async () => {
    const describe = async () => (await shareGroups(['--describe', '--group', uniqueName('nobody')])).output
    await features('downgrade', 'share.version=0')
    await expect.poll(describe).toContain('UnsupportedVersionException')
    await features('upgrade', 'share.version=1')
    await expect.poll(describe).toContain('GroupIdNotFoundException')
  })

  async function features(change: 'downgrade' | 'upgrade', level: string): Promise<void> {
    const args = ['--bootstrap-server', cluster().bootstrap, change, '--feature', level]
    const outcome = await kafkaTool('kafka-features', args)
    expect(outcome.exitCode, outcome.output).toBe(0)
  }

  async function produced(values: readonly string[]) {
    const [topic, group] = [uniqueName('shared'), uniqueName('share-group')]
    const create = ['--create', '--topic', topic, '--partitions', '1', '--replication-factor', '1']
    await kafkaTool('kafka-topics', ['--bootstrap-server', cluster().bootstrap, ...create])
    await produce(topic, values)
    return { topic, group: await withEarliest(group) }
  }

  function withEarliest(group: string): Promise<string> {
    return withConfig(group, 'share.auto.offset.reset=earliest')
  }

  async function withConfig(group: string, config: string): Promise<string> {
    const configs = ['--alter', '--add-config', config, '--entity-type', 'groups', '--entity-name', group]
    const altered = await kafkaTool('kafka-configs', ['--bootstrap-server', cluster().bootstrap, ...configs])
    expect(altered.output).toContain('Completed updating config')
    return group
  }

  /** The lines that Kafka's dump tool makes of all partitions of an internal topic. */
  async function dumped(topic: string, partitions: number, decoder: string): Promise<string[]> {
    const { dataFolder } = cluster().brokers[0]!
    const folders = Array.from({ length: partitions }, (_, partition) =>
      join(dataFolder, `${topic}-${partition}`),
    )
    const logs = folders.flatMap((folder) =>
      readdirSync(folder)
        .filter((name) => name.endsWith('.log'))
        .map((name) => join(folder, name)),
    )
    const outcome = await kafkaTool('kafka-dump-log', [decoder, '--files', logs.join(',')])
    expect(outcome.exitCode, outcome.output).toBe(0)
    return outcome.stdout.split('\n')
  }

  async function produce(topic: string, values: readonly string[]): Promise<void> {
    const args = ['--bootstrap-server', cluster().bootstrap, '--topic', topic]
    const { exitCode } = await kafkaTool('kafka-console-producer', args, { input: `${values.join('\n')}\n` })
    expect(exitCode).toBe(0)
  }

  async function consume(topic: string, group: string, count: number, more: readonly string[] = []) {
    const outcome = await kafkaTool('kafka-console-share-consumer', [
      ...['--bootstrap-server', cluster().bootstrap, '--topic', topic, '--group', group],
      ...['--max-messages', String(count), '--timeout-ms', '40000', ...more],
    ])
    expect(outcome.exitCode, outcome.output).toBe(0)
    return outcome.stdout.trim().split('\n')
  }

  function shareGroups(args: readonly string[]) {
    return kafkaTool('kafka-share-groups', ['--bootstrap-server', cluster().bootstrap, ...args])
  }
})
