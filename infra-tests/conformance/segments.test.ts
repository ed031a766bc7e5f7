/** The folder of a partition: Kafka's own file names, and contents that Kafka's dump tool reads. */
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { kafkaTool } from '../support/java.ts'
import { type Address, awaitTopic, parseAddress, RawClient } from '../support/raw-client.ts'
import { suite } from '../support/requirements.ts'
import { uniqueName, useCluster } from './cluster-under-test.ts'

suite('segments on disk', ['java'], () => {
  const cluster = useCluster({
    brokers: 1,
    properties: { 'log.retention.check.interval.ms': '500', 'log.initial.task.delay.ms': '500' },
  })

  test('the dump tool reads offsets, keys, values and valid checksums', async () => {
    const { client, topic } = await partition()
    for (let i = 0; i < 3; i++) await client.produce({ topic, partition: 0, acks: -1 }, twoRecords(i))
    client.close()
    const dumped = await dump(join(folderOf(topic), '00000000000000000000.log'), ['--print-data-log'])
    expect(dumped).toContain('Log starting offset: 0')
    const batches = dumped.split('\n').filter((line) => line.startsWith('baseOffset:'))
    expect(batches).toHaveLength(3)
    for (const [i, batch] of batches.entries()) {
      expect(batch).toMatch(new RegExp(`^baseOffset: ${2 * i} lastOffset: ${2 * i + 1} count: 2 `))
      expect(batch).toContain('partitionLeaderEpoch: 0')
      expect(batch).toContain('isvalid: true')
    }
    const records = dumped.split('\n').filter((line) => line.startsWith('| offset:'))
    expect(records.map((line) => /key: (\S+) payload: (\S+)/.exec(line)?.slice(1))).toEqual([
      ['k0', 'v0a'],
      ['k0', 'v0b'],
      ['k1', 'v1a'],
      ['k1', 'v1b'],
      ['k2', 'v2a'],
      ['k2', 'v2b'],
    ])
  })

  test('segments roll by size under the names of their base offsets, with sane indexes', async () => {
    const { client, topic } = await partition({ 'segment.bytes': '1048576' })
    await produceMegabytes(client, topic, 3.5)
    client.close()
    const files = readdirSync(folderOf(topic))
    const logs = files.filter((name) => name.endsWith('.log')).sort()
    expect(logs.length).toBeGreaterThanOrEqual(3)
    expect(logs[0]).toBe('00000000000000000000.log')
    for (const log of logs) expect(log).toMatch(/^\d{20}\.log$/)
    expect(files).toContain('leader-epoch-checkpoint')
    expect(files).toContain('partition.metadata')
    // The index of the active segment may still be in memory; those of rolled segments are complete.
    for (const index of logs.slice(0, -1).map((name) => name.replace('.log', '.index'))) {
      expect(files).toContain(index)
      expect(files).toContain(index.replace('.index', '.timeindex'))
      const checked = await dump(join(folderOf(topic), index), ['--index-sanity-check'])
      expect(checked).toMatch(/passed sanity check/)
    }
    const verified = await dump(join(folderOf(topic), logs[0]!.replace('.log', '.timeindex')), [
      '--verify-index-only',
    ])
    expect(verified).not.toMatch(/Found timestamp mismatch|Found out of order/)
  })

  test('retention deletes whole old segments and the log start offset rises', async () => {
    const { client, topic } = await partition({
      'segment.bytes': '1048576',
      'retention.bytes': '1048576',
      'file.delete.delay.ms': '100',
    })
    await produceMegabytes(client, topic, 4.5)
    const first = join(folderOf(topic), '00000000000000000000.log')
    await expect.poll(() => existsSync(first), { timeout: 60_000, interval: 200 }).toBe(false)
    const below = await client.fetch({ topic, partition: 0, offset: 0, maxBytes: 1024 })
    expect(below.errorCode).toBe(1)
    client.close()
    const offsets = ['--bootstrap-server', cluster().bootstrap, '--topic', topic, '--time', '-2']
    const earliest = (await kafkaTool('kafka-get-offsets', offsets)).stdout.trim()
    expect(Number(earliest.split(':')[2])).toBeGreaterThan(0)
  })

  async function partition(
    configs: Record<string, string> = {},
  ): Promise<{ client: RawClient; topic: string }> {
    const address: Address = parseAddress(cluster().bootstrap)
    const topic = uniqueName('segments')
    const client = await RawClient.connect(address)
    expect(await client.createTopic({ topic, partitions: 1, configs })).toBe(0)
    await awaitTopic(address, topic)
    return { client, topic }
  }

  async function produceMegabytes(client: RawClient, topic: string, megabytes: number): Promise<void> {
    const value = 'm'.repeat(50_000)
    for (let bytes = 0; bytes < megabytes * 1e6; bytes += value.length) {
      const { errorCode } = await client.produce({ topic, partition: 0, acks: 1 }, [{ value }])
      expect(errorCode).toBe(0)
    }
  }

  function folderOf(topic: string): string {
    return join(cluster().brokers[0]!.dataFolder, `${topic}-0`)
  }

  async function dump(file: string, args: string[]): Promise<string> {
    const dumped = await kafkaTool('kafka-dump-log', ['--files', file, ...args])
    expect(dumped.exitCode, dumped.output).toBe(0)
    return dumped.stdout
  }
})

function twoRecords(i: number) {
  return ['a', 'b'].map((suffix) => ({ key: `k${i}`, value: `v${i}${suffix}` }))
}
