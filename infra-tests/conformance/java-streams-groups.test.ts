/** The streams protocol (KIP-1071): a word count of Kafka Streams with `group.protocol=streams`. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { type Child, startChild, stopChild } from '../support/child.ts'
import { javaSourceCommand, type KafkaTool, kafkaTool } from '../support/java.ts'
import { suite } from '../support/requirements.ts'
import { uniqueName, useCluster } from './cluster-under-test.ts'

const WITHIN = { timeout: 120_000, interval: 300 }

suite('streams groups', ['java'], () => {
  const cluster = useCluster({ properties: { 'group.streams.initial.rebalance.delay.ms': '500' } })
  const folder = mkdtempSync(join(tmpdir(), 'freshet-streams-'))
  const children: Child[] = []
  afterAll(async () => {
    await Promise.all(children.filter((child) => child.isRunning()).map((child) => stopChild(child)))
    rmSync(folder, { recursive: true, force: true })
  })

  test('a word count is shared with a second process, goes on when the first one stops, and is set back', async () => {
    const [lines, counts, group] = [uniqueName('lines'), uniqueName('counts'), uniqueName('words')]
    await newTopic(lines, 2)
    await newTopic(counts, 1)
    await produce(lines, ['a b a', 'b c', 'a'])
    const first = start('first', [group, lines, counts])
    await expect.poll(first.log, WITHIN).toContain('state RUNNING')
    await expect.poll(() => read(counts), WITHIN).toEqual(expect.arrayContaining(['a=3', 'b=2', 'c=1']))
    const second = start('second', [group, lines, counts])
    await expect.poll(() => activeTasks(group), WITHIN).toEqual([2, 2])
    const described = async () => (await groups(['--describe', '--group', group, '--state'])).stdout
    await expect.poll(described, WITHIN).toMatch(new RegExp(`${group}\\s.*\\sStable\\s+2`))
    await stopChild(first.child)
    await expect.poll(() => activeTasks(group), WITHIN).toEqual([4])
    await produce(lines, ['a c'])
    await expect.poll(() => read(counts), WITHIN).toEqual(expect.arrayContaining(['a=4', 'c=2']))
    expect(second.child.isRunning()).toBe(true)
    expect((await groups(['--list'])).stdout.split('\n')).toContain(group)
    const whileItRuns = await groups(['--delete', '--group', group])
    expect(whileItRuns.output).toContain('GroupNotEmptyException')
    await stopChild(second.child)
    await isSetBackAndDeleted(group, lines)
  })

  /** By an administrator, once nobody runs it any more. */
  async function isSetBackAndDeleted(group: string, lines: string): Promise<void> {
    const target = ['--group', group]
    const state = async () => (await groups(['--describe', ...target, '--state'])).stdout
    await expect.poll(state, WITHIN).toMatch(/\sEmpty\s+0/)
    const internal = async () => {
      const topics = (await tool('kafka-topics', ['--list'])).stdout.split('\n')
      return topics.filter((topic) => topic.startsWith(`${group}-`))
    }
    expect(await internal()).not.toEqual([])
    const reset = ['--reset-offsets', ...target, '--all-input-topics', '--to-earliest', '--execute']
    const done = await groups([...reset, '--delete-all-internal-topics'])
    expect(done.exitCode, done.output).toBe(0)
    // Those that had records: the producer chose them.
    expect(done.stdout).toMatch(new RegExp(`${lines}\\s+[01]\\s+0\\s`))
    await expect.poll(internal, WITHIN).toEqual([])
    const removed = await groups(['--delete-offsets', ...target, '--input-topic', lines])
    expect(removed.exitCode, removed.output).toBe(0)
    const deleted = await groups(['--delete', ...target])
    expect(deleted.output).toContain('was successful')
    expect((await groups(['--list'])).stdout.split('\n')).not.toContain(group)
  }

  function start(name: string, args: string[]) {
    const file = join(import.meta.dirname, 'java', 'WordCount.java')
    const logFile = join(folder, `${name}.log`)
    const [program = '', ...rest] = javaSourceCommand(file, [
      cluster().bootstrap,
      ...args,
      join(folder, name),
    ])
    const child = startChild(program, rest, logFile)
    children.push(child)
    return { child, log: () => readFileSync(logFile, 'utf8') }
  }

  /** How many active tasks each member has, the fewest first. */
  async function activeTasks(group: string): Promise<number[]> {
    const { stdout } = await groups(['--describe', '--group', group, '--members'])
    const rows = stdout.split('\n').filter((line) => line.startsWith(group))
    return rows
      .map((row) => (/ACTIVE: (.*?)(?:STANDBY|WARMUP|$)/.exec(row)?.[1]?.match(/\d+(?=[,\]])/g) ?? []).length)
      .sort()
  }

  async function newTopic(topic: string, partitions: number): Promise<void> {
    const created = await tool('kafka-topics', [
      '--create',
      '--topic',
      topic,
      '--partitions',
      String(partitions),
    ])
    expect(created.exitCode, created.output).toBe(0)
  }

  async function produce(topic: string, lines: string[]): Promise<void> {
    const target = ['--bootstrap-server', cluster().bootstrap, '--topic', topic]
    const produced = await kafkaTool('kafka-console-producer', target, { input: `${lines.join('\n')}\n` })
    expect(produced.exitCode, produced.output).toBe(0)
  }

  async function read(topic: string): Promise<string[]> {
    const args = ['--topic', topic, '--from-beginning', '--timeout-ms', '5000']
    return (await tool('kafka-console-consumer', args)).stdout.split('\n')
  }

  const groups = (args: string[]) => tool('kafka-streams-groups', args)
  const tool = (name: KafkaTool, args: string[]) =>
    kafkaTool(name, ['--bootstrap-server', cluster().bootstrap, ...args])
})
