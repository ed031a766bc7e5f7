/** Kafka Streams with exactly_once_v2: a word count that is killed in the middle, twice. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Kafka, logLevel, Partitioners } from 'kafkajs'
import { afterAll, afterEach, expect, test } from 'vitest'
import { type Child, startChild, stopChild } from '../support/child.ts'
import { javaSourceCommand, type KafkaTool, kafkaTool } from '../support/java.ts'
import { mustRun } from '../support/programs.ts'
import { suite } from '../support/requirements.ts'
import { sleep, waitFor } from '../support/wait.ts'
import { uniqueName, useCluster } from './cluster-under-test.ts'

const WORDS = ['river', 'rain', 'lake', 'spring', 'dew', 'tide', 'well']
const WORDS_PER_LINE = 3
const LINES_AT_A_TIME = 10
const FEED_INTERVAL_MS = 50
const KILLS = 2
/** How much it counts before it is killed. */
const COUNTS_PER_LIFE = 1000

suite('Kafka Streams', ['java', 'kcat'], () => {
  const cluster = useCluster({
    properties: {
      'transaction.state.log.replication.factor': '3',
      'transaction.state.log.min.isr': '2',
      'transaction.state.log.num.partitions': '3',
      'offsets.topic.replication.factor': '3',
      'offsets.topic.num.partitions': '3',
    },
  })
  const folder = mkdtempSync(join(tmpdir(), 'freshet-streams-'))
  const log = join(folder, 'log')
  const application = uniqueName('word-count')
  const [input, output] = [uniqueName('lines'), uniqueName('counts')]
  let streams: Child | undefined
  let stopFeed: () => Promise<unknown> = async () => {}

  afterEach(async () => {
    await stopFeed()
    if (streams) await stopChild(streams)
  })
  afterAll(() => rmSync(folder, { recursive: true }))

  test('counts are exact, although the application is killed twice while it counts', async () => {
    for (const topic of [input, output])
      await tool('kafka-topics', ['--create', '--topic', topic, '--partitions', '2'])
    const stopFeeding = await startFeed()
    for (let kills = 0; kills < KILLS; kills++) {
      const before = (await readCounts()).length
      streams = start()
      await counted(before + COUNTS_PER_LIFE)
      await kill(streams)
    }
    streams = start()
    await counted((await readCounts()).length + COUNTS_PER_LIFE)
    const lines = await stopFeeding()
    await counted(lines.length * WORDS_PER_LINE)
    expect(sequences(await readCounts())).toEqual(sequencesOf(lines))
    const topics = await tool('kafka-topics', ['--list'])
    expect(topics).toContain(`${application}-words-repartition\n`)
    expect(topics).toContain(`${application}-counts-changelog\n`)
  }, 400_000)

  test('kafka-streams-application-reset sets it back to the beginning', async () => {
    const reset = ['--application-id', application, '--input-topics', input, '--force']
    const shown = await tool('kafka-streams-application-reset', reset)
    expect(shown).toContain(`Topic: ${input} Partition: 0 Offset: 0`)
    const topics = await tool('kafka-topics', ['--list'])
    expect(topics).not.toContain(application)
    const group = await tool('kafka-consumer-groups', ['--describe', '--group', application])
    expect(group).toMatch(new RegExp(`${input} +0 +0 +\\d+`))
  })

  function start(): Child {
    const file = join(import.meta.dirname, 'java', 'ExactlyOnceWordCount.java')
    const args = [cluster().bootstrap, application, join(folder, 'state'), input, output]
    const [program = '', ...all] = javaSourceCommand(file, args)
    return startChild(program, all, log)
  }

  /** Lines that keep coming until it is stopped: whoever counts them always is in the middle. */
  async function startFeed(): Promise<() => Promise<string[]>> {
    const kafka = new Kafka({ brokers: cluster().bootstrap.split(','), logLevel: logLevel.NOTHING })
    const producer = kafka.producer({ idempotent: true, createPartitioner: Partitioners.DefaultPartitioner })
    await producer.connect()
    const lines: string[] = []
    let stopping = false
    const run = async () => {
      while (!stopping) {
        const next = Array.from({ length: LINES_AT_A_TIME }, (_, index) => line(lines.length + index))
        await producer.send({ topic: input, messages: next.map((value) => ({ value })) })
        lines.push(...next)
        await sleep(FEED_INTERVAL_MS)
      }
      return lines
    }
    const running = run().finally(() => producer.disconnect())
    const stop = () => {
      stopping = true
      return running
    }
    stopFeed = stop
    return stop
  }

  async function kill(child: Child): Promise<void> {
    expect(child.isRunning(), child.log()).toBe(true)
    child.process.kill('SIGKILL')
    await child.ended
  }

  async function counted(count: number): Promise<void> {
    const attempt = async () => {
      if (!streams?.isRunning()) throw new Error(streams?.log())
      return (await readCounts()).length >= count
    }
    await waitFor(`${count} counts`, 120_000, attempt, 500)
  }

  /** Word and count of each committed record of the output, in the order of each partition. */
  async function readCounts(): Promise<string[]> {
    const read = ['-C', '-t', output, '-o', 'beginning', '-e', '-q', '-f', '%k %s\\n']
    // Counts come all the time: a fetch that waited for more would never find the end.
    const settings = ['-X', 'isolation.level=read_committed', '-X', 'fetch.wait.max.ms=10']
    return (await kcat([...read, ...settings])).split('\n').slice(0, -1)
  }

  async function kcat(args: readonly string[]): Promise<string> {
    return (await mustRun('kcat', ['-b', cluster().bootstrap, ...args])).stdout
  }

  async function tool(name: KafkaTool, args: readonly string[]): Promise<string> {
    const outcome = await kafkaTool(name, ['--bootstrap-server', cluster().bootstrap, ...args])
    expect(outcome.exitCode, outcome.output).toBe(0)
    return outcome.stdout
  }
})

function line(index: number): string {
  const word = (step: number) => WORDS[(index * (step + 1) + step) % WORDS.length]!
  return Array.from({ length: WORDS_PER_LINE }, (_, step) => word(step)).join(' ')
}

/** The counts that each word was given, in order. */
function sequences(counts: readonly string[]): Record<string, number[]> {
  const found: Record<string, number[]> = {}
  for (const entry of counts) {
    const [word = '', count] = entry.split(' ')
    found[word] ??= []
    found[word].push(Number(count))
  }
  return found
}

function sequencesOf(lines: readonly string[]): Record<string, number[]> {
  const totals: Record<string, number> = {}
  for (const word of lines.flatMap((text) => text.split(' '))) totals[word] = (totals[word] ?? 0) + 1
  return Object.fromEntries(
    Object.entries(totals).map(([word, total]) => [word, Array.from({ length: total }, (_, i) => i + 1)]),
  )
}
