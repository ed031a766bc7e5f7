/** The four compressions: whoever wrote a batch, every client reads it, as does whoever gets it compressed anew. */
import { randomBytes } from 'node:crypto'
import { Kafka, logLevel } from 'kafkajs'
import { expect, test } from 'vitest'
import { kafkaTool } from '../support/java.ts'
import { mustRun } from '../support/programs.ts'
import { awaitTopic, parseAddress, RawClient } from '../support/raw-client.ts'
import { suite } from '../support/requirements.ts'
import { uniqueName, useCluster } from './cluster-under-test.ts'

const CODECS = ['gzip', 'snappy', 'lz4', 'zstd'] as const
type Codec = (typeof CODECS)[number]
const lines = (codec: string) => Array.from({ length: 40 }, (_, i) => `${codec} ${i} ${'w'.repeat(40)}`)

suite('compressed batches', ['java', 'kcat'], () => {
  const cluster = useCluster({ brokers: 1 })

  test.for(CODECS)('%s of kcat and of Java: both read both', async (codec, { expect }) => {
    const topic = await newTopic()
    const wanted = lines(codec)
    await kcatProduces(topic, wanted.slice(0, 20), codec)
    await javaProduces(topic, wanted.slice(20), codec)
    expect(await kcatConsumes(topic)).toEqual(wanted)
    expect(await javaConsumes(topic, wanted.length)).toEqual(wanted)
  })

  test.for(CODECS)(
    'compression.type=%s: what came in another compression is read by all',
    async (codec, { expect }) => {
      const topic = await newTopic({ 'compression.type': codec })
      const wanted = lines(codec)
      const others: (Codec | 'none')[] = ['none', ...CODECS.filter((other) => other !== codec)]
      for (const [index, other] of others.entries()) {
        await kcatProduces(topic, wanted.slice(index * 10, (index + 1) * 10), other)
      }
      expect(await kcatConsumes(topic)).toEqual(wanted)
      expect(await javaConsumes(topic, wanted.length)).toEqual(wanted)
      expect(await compressionsOf(topic)).toEqual(new Set([codec]))
    },
  )

  test.for(CODECS)('compression.type=%s: a batch of half a megabyte', async (codec, { expect }) => {
    const topic = await newTopic({ 'compression.type': codec })
    const wanted = Array.from({ length: 10 }, (_, i) => randomBytes(25_000).toString('hex') + i)
    await kcatProduces(topic, wanted, 'none')
    expect(await kcatConsumes(topic)).toEqual(wanted)
    expect(await javaConsumes(topic, wanted.length)).toEqual(wanted)
  })

  test('compression.type=uncompressed: plain batches, which kafkajs reads without any codec', async () => {
    const topic = await newTopic({ 'compression.type': 'uncompressed' })
    const wanted = lines('plain')
    for (const [index, codec] of CODECS.entries()) {
      await kcatProduces(topic, wanted.slice(index * 10, (index + 1) * 10), codec)
    }
    expect(await compressionsOf(topic)).toEqual(new Set(['none']))
    expect(await kafkajsConsumes(topic, wanted.length)).toEqual(wanted)
  })

  test('gzip of the broker is read by kafkajs, and its gzip by the others', async () => {
    const topic = await newTopic({ 'compression.type': 'gzip', 'compression.gzip.level': '9' })
    const wanted = lines('gzip')
    await kcatProduces(topic, wanted, 'zstd')
    expect(await kafkajsConsumes(topic, wanted.length)).toEqual(wanted)
  })

  async function newTopic(configs: Record<string, string> = {}): Promise<string> {
    const topic = uniqueName('codecs')
    const address = parseAddress(cluster().bootstrap)
    const client = await RawClient.connect(address)
    expect(await client.createTopic({ topic, partitions: 1, configs })).toBe(0)
    await awaitTopic(address, topic)
    client.close()
    return topic
  }

  async function kcatProduces(topic: string, values: string[], codec: Codec | 'none'): Promise<void> {
    const compression = codec === 'none' ? [] : ['-z', codec]
    const args = ['-b', cluster().bootstrap, '-P', '-t', topic, '-X', 'linger.ms=100', ...compression]
    await mustRun('kcat', args, { input: `${values.join('\n')}\n` })
  }

  async function kcatConsumes(topic: string): Promise<string[]> {
    const { stdout } = await mustRun('kcat', [
      '-b',
      cluster().bootstrap,
      '-C',
      '-q',
      '-t',
      topic,
      '-o',
      'beginning',
      '-e',
    ])
    return stdout.trim().split('\n')
  }

  async function javaProduces(topic: string, values: string[], codec: Codec): Promise<void> {
    const args = ['--bootstrap-server', cluster().bootstrap, '--topic', topic, '--compression-codec', codec]
    const outcome = await kafkaTool('kafka-console-producer', args, { input: `${values.join('\n')}\n` })
    expect(outcome.exitCode, outcome.output).toBe(0)
  }

  async function javaConsumes(topic: string, count: number): Promise<string[]> {
    const outcome = await kafkaTool('kafka-console-consumer', [
      ...['--bootstrap-server', cluster().bootstrap, '--topic', topic, '--from-beginning'],
      ...['--max-messages', String(count), '--timeout-ms', '20000'],
    ])
    return outcome.stdout.trim().split('\n')
  }

  async function kafkajsConsumes(topic: string, count: number): Promise<string[]> {
    const kafka = new Kafka({ brokers: [cluster().bootstrap], logLevel: logLevel.NOTHING })
    const consumer = kafka.consumer({ groupId: uniqueName('group') })
    const values: string[] = []
    await consumer.connect()
    await consumer.subscribe({ topic, fromBeginning: true })
    await new Promise<void>((resolve, reject) => {
      const eachMessage = async ({ message }: { message: { value: Buffer | null } }) => {
        values.push(String(message.value))
        if (values.length === count) resolve()
      }
      consumer.on('consumer.crash', ({ payload }) => reject(payload.error))
      consumer.run({ eachMessage }).catch(reject)
    })
    await consumer.disconnect()
    return values
  }

  /** As Kafka's dump tool tells them. */
  async function compressionsOf(topic: string): Promise<Set<string>> {
    const log = `${cluster().brokers[0]!.dataFolder}/${topic}-0/00000000000000000000.log`
    const { stdout } = await kafkaTool('kafka-dump-log', ['--files', log])
    return new Set([...stdout.matchAll(/compresscodec: (\w+)/g)].map(([, name]) => name ?? ''))
  }
})
