/** kcat, and so librdkafka as Debian ships it. */
import { expect, test } from 'vitest'
import { mustRun, runProgram } from '../support/programs.ts'
import { suite } from '../support/requirements.ts'
import { uniqueName, useCluster } from './cluster-under-test.ts'

suite('kcat', ['kcat'], () => {
  const cluster = useCluster({ properties: { 'num.partitions': '1' } })

  test('-L shows every broker and the partitions of a topic', async () => {
    const topic = await newTopic('listed')
    const listed = await kcat(['-L', '-t', topic])
    expect(listed).toContain(`${cluster().brokers.length} brokers:`)
    for (const { id, port } of cluster().brokers)
      expect(listed).toContain(`broker ${id} at 127.0.0.1:${port}`)
    expect(listed).toMatch(new RegExp(`topic "${topic}" with 1 partitions:\\s+partition 0, leader \\d`))
  })

  test('a record comes back with its key, value, headers, offset and timestamp', async () => {
    const topic = await newTopic('whole')
    const before = Date.now()
    await produce(topic, 'key1:hello\n', ['-K', ':', '-H', 'trace=abc', '-H', 'empty='])
    await produce(topic, 'no key\n')
    const consumed = await consume(topic, ['-f', '%o|%k|%s|%h|%T\n'])
    const [first, second] = consumed
      .trimEnd()
      .split('\n')
      .map((line) => line.split('|'))
    expect(first?.slice(0, 4)).toEqual(['0', 'key1', 'hello', 'trace=abc,empty='])
    expect(second?.slice(0, 4)).toEqual(['1', '', 'no key', ''])
    for (const line of [first, second]) {
      expect(Number(line?.[4])).toBeGreaterThanOrEqual(before)
      expect(Number(line?.[4])).toBeLessThanOrEqual(Date.now())
    }
  })

  test('a null value is a tombstone, not an empty value', async () => {
    const topic = await newTopic('tombstone')
    await produce(topic, 'gone:\n', ['-K', ':', '-Z'])
    expect(await consume(topic, ['-f', '%k %S\n'])).toBe('gone -1\n')
  })

  test.each(['gzip', 'snappy', 'lz4', 'zstd'])('%s batches come back as they were sent', async (codec) => {
    const topic = await newTopic(codec)
    const lines = Array.from({ length: 500 }, (_, i) => `${codec} record ${i} ${'x'.repeat(100)}`)
    await produce(topic, `${lines.join('\n')}\n`, ['-z', codec])
    expect((await consume(topic)).trimEnd().split('\n')).toEqual(lines)
  })

  test('-o takes an offset from the beginning and from the end', async () => {
    const topic = await newTopic('offsets')
    await produce(topic, 'a\nb\nc\nd\n')
    expect(await consume(topic, [], '2')).toBe('c\nd\n')
    expect(await consume(topic, [], '-1')).toBe('d\n')
  })

  test('-Q finds an offset by time', async () => {
    const topic = await newTopic('times')
    await produce(topic, 'early\n')
    const between = Date.now() + 50
    await new Promise((resolve) => setTimeout(resolve, 100))
    await produce(topic, 'late\n')
    const offsetAt = async (time: number) => (await kcat(['-Q', '-t', `${topic}:0:${time}`])).trim()
    expect(await offsetAt(-2)).toBe(`${topic} [0] offset 0`)
    expect(await offsetAt(between)).toBe(`${topic} [0] offset 1`)
    expect(await offsetAt(-1)).toBe(`${topic} [0] offset 2`)
  })

  test('-G resumes where the group committed', async () => {
    const topic = await newTopic('grouped')
    const group = uniqueName('group')
    await produce(topic, 'one\ntwo\n')
    expect(await consumeInGroup(group, topic)).toBe('one\ntwo\n')
    await produce(topic, 'three\n')
    expect(await consumeInGroup(group, topic)).toBe('three\n')
  })

  test('an unknown topic is an error, not an endless wait', async () => {
    const args = [
      '-b',
      cluster().bootstrap,
      '-C',
      '-t',
      'no-such-topic',
      '-e',
      '-X',
      'allow.auto.create.topics=false',
    ]
    const outcome = await runProgram('kcat', args, { timeoutMs: 20_000 })
    expect(outcome.exitCode).not.toBe(0)
    expect(outcome.output).toMatch(/Unknown topic|Unknown partition/i)
  })

  /** Asking for a topic creates it, as auto.create.topics.enable is on by default. */
  async function newTopic(prefix: string): Promise<string> {
    const topic = uniqueName(prefix)
    await produce(topic, '')
    await kcat(['-L', '-t', topic])
    await expect.poll(() => kcat(['-L', '-t', topic])).toContain('with 1 partitions')
    return topic
  }

  async function kcat(args: string[], input?: string): Promise<string> {
    const options = input === undefined ? {} : { input }
    return (await mustRun('kcat', ['-b', cluster().bootstrap, '-m', '20', ...args], options)).stdout
  }

  async function produce(topic: string, input: string, args: string[] = []): Promise<void> {
    await kcat(['-P', '-t', topic, ...args], input)
  }

  function consume(topic: string, args: string[] = [], offset = 'beginning'): Promise<string> {
    return kcat(['-C', '-q', '-t', topic, '-o', offset, '-e', ...args])
  }

  function consumeInGroup(group: string, topic: string): Promise<string> {
    return kcat(['-q', '-X', 'auto.offset.reset=earliest', '-e', '-G', group, topic])
  }
})
