/** kafka-console-producer and kafka-console-consumer. */
import { expect, test } from 'vitest'
import { kafkaTool } from '../support/java.ts'
import { suite } from '../support/requirements.ts'
import { uniqueName, useCluster } from './cluster-under-test.ts'

suite('console producer and consumer', ['java'], () => {
  const cluster = useCluster()

  test.concurrent('each line is a record and --from-beginning reads them all', async () => {
    const topic = uniqueName('lines')
    const lines = Array.from({ length: 20 }, (_, i) => `line ${i}`)
    await produce(topic, lines)
    expect(await consume(topic, ['--from-beginning', '--max-messages', '20'])).toEqual(lines)
  })

  test.concurrent('keys are parsed, stored apart and printed; a missing key is null', async () => {
    const topic = uniqueName('keys')
    await produce(topic, ['key1:no1', 'key2:no2', 'key3:no3'], keyed)
    await produce(topic, ['4'])
    const print = ['--formatter-property', 'print.key=true', '--formatter-property', 'key.separator=-']
    const printed = await consume(topic, ['--from-beginning', '--max-messages', '4', ...print])
    expect(printed).toEqual(['key1-no1', 'key2-no2', 'key3-no3', 'null-4'])
  })

  test.concurrent('a line without the separator is refused by the producer', async () => {
    const topic = uniqueName('refused')
    const outcome = await producer(topic, ['no separator here'], keyed)
    expect(outcome.output).toContain('No key separator found')
  })

  test.concurrent('a group resumes where it committed', async () => {
    const topic = uniqueName('resumed')
    const group = ['--group', uniqueName('hello-group'), '--from-beginning']
    await produce(topic, ['one', 'two'])
    expect(await consume(topic, [...group, '--max-messages', '2'])).toEqual(['one', 'two'])
    await produce(topic, ['three'])
    expect(await consume(topic, [...group, '--max-messages', '1'])).toEqual(['three'])
  })

  test.concurrent.each(['0', '1', '-1'])('acks=%s is accepted', async (acks) => {
    const topic = uniqueName('acks')
    await produce(topic, ['x'], ['--request-required-acks', acks])
    expect(await consume(topic, ['--from-beginning', '--max-messages', '1'])).toEqual(['x'])
  })

  test.concurrent.each(['gzip', 'snappy', 'lz4', 'zstd'])('%s compression round trip', async (codec) => {
    const topic = uniqueName(codec)
    const lines = Array.from({ length: 50 }, (_, i) => `${codec} ${i} ${'z'.repeat(60)}`)
    await produce(topic, lines, ['--compression-codec', codec])
    expect(await consume(topic, ['--from-beginning', '--max-messages', '50'])).toEqual(lines)
  })

  const keyed = ['--reader-property', 'parse.key=true', '--reader-property', 'key.separator=:']

  async function produce(topic: string, lines: string[], args: string[] = []): Promise<void> {
    const outcome = await producer(topic, lines, args)
    expect(outcome.exitCode, outcome.output).toBe(0)
    expect(outcome.output).not.toContain('ERROR')
  }

  function producer(topic: string, lines: string[], args: string[]) {
    const input = `${lines.join('\n')}\n`
    const target = ['--bootstrap-server', cluster().bootstrap, '--topic', topic]
    return kafkaTool('kafka-console-producer', [...target, ...args], { input })
  }

  async function consume(topic: string, args: string[]): Promise<string[]> {
    const target = ['--bootstrap-server', cluster().bootstrap, '--topic', topic, '--timeout-ms', '20000']
    const outcome = await kafkaTool('kafka-console-consumer', [...target, ...args])
    expect(outcome.stderr).toContain('Processed a total of')
    return outcome.stdout.trimEnd().split('\n')
  }
})
