/** Compacted topics, as clients see them and as Kafka's dump tool finds them on the disk. */
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { kafkaTool } from '../support/java.ts'
import { runProgram } from '../support/programs.ts'
import { awaitTopic, parseAddress, RawClient } from '../support/raw-client.ts'
import { suite } from '../support/requirements.ts'
import { uniqueName, useCluster } from './cluster-under-test.ts'

const KEYS = ['a', 'b', 'c', 'd', 'e']
const ROUNDS = 4
const CODECS = ['none', 'gzip', 'snappy', 'lz4', 'zstd']

suite('compacted topics', ['java', 'kcat'], () => {
  const cluster = useCluster({
    brokers: 1,
    properties: { 'log.cleaner.backoff.ms': '200', 'log.initial.task.delay.ms': '200' },
  })

  test.concurrent.for(CODECS)(
    '%s: a consumer gets the last value of each key, at its offset',
    async (codec, { expect }) => {
      const topic = await compactedTopic()
      for (let round = 0; round < ROUNDS; round++) await produce(topic, codec, round)
      // The active segment is never compacted: a last record of its own ends the one with the last round.
      await kcat(['-P', '-t', topic, '-K:'], 'end:of story\n')
      const last = (ROUNDS - 1) * KEYS.length
      const wanted = [
        ...KEYS.map((key, index) => `${last + index} ${key} ${value(key, ROUNDS - 1)}`),
        '20 end of story',
      ]
      await expect.poll(() => consume(topic), { timeout: 60_000, interval: 500 }).toEqual(wanted)
      const java = await kafkaTool('kafka-console-consumer', [
        ...['--bootstrap-server', cluster().bootstrap, '--topic', topic, '--from-beginning'],
        ...['--max-messages', '6', '--timeout-ms', '20000'],
        ...['--formatter-property', 'print.offset=true', '--formatter-property', 'print.key=true'],
      ])
      const read = java.stdout
        .trim()
        .split('\n')
        .map((line) => line.replace('Offset:', '').replaceAll('\t', ' '))
      expect(read).toEqual(wanted)
      await dumpsWell(topic)
    },
  )

  test.concurrent('a record without a key is refused', async () => {
    const topic = await compactedTopic()
    const client = await RawClient.connect(parseAddress(cluster().bootstrap))
    const { errorCode } = await client.produce({ topic, partition: 0, acks: -1 }, [{ value: 'keyless' }])
    client.close()
    expect(errorCode).toBe(87)
  })

  test.concurrent('a deleted key is gone after delete.retention.ms', async ({ expect }) => {
    const topic = await compactedTopic({ 'delete.retention.ms': '500' })
    await kcat(['-P', '-t', topic, '-K:'], 'gone:1\nkept:1\n')
    await pause()
    await kcat(['-P', '-t', topic, '-K:', '-Z'], 'gone:\n')
    await pause()
    const untilGone = async () => {
      // Something new each time, or nothing would be dirty.
      await kcat(['-P', '-t', topic, '-K:'], `tick:${Math.random()}\n`)
      return (await consume(topic)).filter((line) => !line.includes('tick'))
    }
    await expect.poll(untilGone, { timeout: 60_000, interval: 500 }).toEqual(['1 kept 1'])
  })

  async function compactedTopic(configs: Record<string, string> = {}): Promise<string> {
    const topic = uniqueName('compacted')
    const address = parseAddress(cluster().bootstrap)
    const client = await RawClient.connect(address)
    const all = {
      'cleanup.policy': 'compact',
      'segment.ms': '100',
      'min.cleanable.dirty.ratio': '0.01',
      ...configs,
    }
    expect(await client.createTopic({ topic, partitions: 1, configs: all })).toBe(0)
    await awaitTopic(address, topic)
    client.close()
    return topic
  }

  async function produce(topic: string, codec: string, round: number): Promise<void> {
    const lines = KEYS.map((key) => `${key}:${value(key, round)}\n`).join('')
    const compression = codec === 'none' ? [] : ['-z', codec]
    await kcat(['-P', '-t', topic, '-K:', '-X', 'linger.ms=200', ...compression], lines)
    await pause()
  }

  /** Offset, key and value of each record. */
  async function consume(topic: string): Promise<string[]> {
    const printed = await kcat(['-C', '-q', '-t', topic, '-o', 'beginning', '-e', '-f', '%o %k %s\n'])
    return printed.trim().split('\n')
  }

  async function kcat(args: string[], input?: string): Promise<string> {
    const outcome = await runProgram('kcat', ['-b', cluster().bootstrap, ...args], {
      ...(input === undefined ? {} : { input }),
    })
    expect(outcome.exitCode, outcome.output).toBe(0)
    return outcome.stdout
  }

  async function dumpsWell(topic: string): Promise<void> {
    const folder = join(cluster().brokers[0]!.dataFolder, `${topic}-0`)
    const logs = readdirSync(folder).filter((name) => name.endsWith('.log'))
    const files = logs.map((name) => join(folder, name)).join(',')
    const dumped = await kafkaTool('kafka-dump-log', ['--files', files, '--print-data-log'])
    expect(dumped.exitCode, dumped.output).toBe(0)
    const batches = dumped.stdout.split('\n').filter((line) => line.startsWith('baseOffset:'))
    expect(batches.length).toBeGreaterThan(0)
    for (const batch of batches) expect(batch).toContain('isvalid: true')
  }
})

/** Longer than `segment.ms`: the next record begins a new segment. */
function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 250))
}

function value(key: string, round: number): string {
  return `${key}${round}`.repeat(20)
}
