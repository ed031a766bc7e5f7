/** The consumer protocol (KIP-848) with Apache Kafka's own consumer: rebalances, regular expressions, migration. */
import { afterAll, expect, test } from 'vitest'
import { type KafkaTool, kafkaTool } from '../support/java.ts'
import { suite } from '../support/requirements.ts'
import { uniqueName, useCluster } from './cluster-under-test.ts'
import { type ConsumerProcess, ConsumerProcesses } from './java-consumer.ts'

const WITHIN = { timeout: 120_000, interval: 200 }

suite('consumer groups of the Java consumer', ['java'], () => {
  const cluster = useCluster({
    properties: {
      'group.consumer.session.timeout.ms': '6000',
      'group.consumer.min.session.timeout.ms': '6000',
      'group.consumer.heartbeat.interval.ms': '1000',
      'group.consumer.min.heartbeat.interval.ms': '1000',
    },
  })
  const processes = new ConsumerProcesses()
  afterAll(() => processes.stopAll())

  test('three members share six partitions; when one is killed the others take over', async () => {
    const [topic, group] = [await newTopic(6), uniqueName('group')]
    const members = [start(topic, group), start(topic, group), start(topic, group)]
    await expect.poll(() => sizes(members), WITHIN).toEqual([2, 2, 2])
    expect(members.flatMap((member) => member.owned()).sort()).toEqual([0, 1, 2, 3, 4, 5])
    await produce(topic, numbers(30))
    await expect.poll(() => read(members), WITHIN).toEqual(numbers(30))
    const state = async () => (await groups(['--describe', '--group', group, '--state'])).stdout
    await expect.poll(state, WITHIN).toMatch(new RegExp(`${group}\\s.*\\suniform\\s+Stable\\s+3`))
    const described = await groups(['--describe', '--group', group, '--members', '--verbose'])
    expect(described.stdout).toMatch(/CURRENT-EPOCH\s+CURRENT-ASSIGNMENT\s+TARGET-EPOCH\s+TARGET-ASSIGNMENT/)
    await members[0]?.kill()
    const left = members.slice(1)
    await expect.poll(() => sizes(left), WITHIN).toEqual([3, 3])
    await produce(topic, numbers(10, 100))
    await expect
      .poll(() => read(left).filter((value) => value.length === 3), WITHIN)
      .toEqual(numbers(10, 100))
    await Promise.all(left.map((member) => member.stop()))
    const gone = await groups(['--describe', '--group', group])
    expect(gone.output).toContain(`Consumer group '${group}' has no active members.`)
    const lags = gone.stdout.split('\n').filter((line) => line.startsWith(group))
    expect(lags.map((line) => line.split(/\s+/)[5])).toEqual(Array.from({ length: 6 }, () => '0'))
  })

  test('a member with the assignor range gets a range', async () => {
    const [topic, group] = [await newTopic(4), uniqueName('group')]
    const members = [start(topic, group, { assignor: 'range' }), start(topic, group, { assignor: 'range' })]
    await expect
      .poll(() => members.map((member) => member.owned()).sort(), WITHIN)
      .toEqual([
        [0, 1],
        [2, 3],
      ])
  })

  test('a static member that comes back finds its partitions, and nobody else moved', async () => {
    const [topic, group] = [await newTopic(4), uniqueName('group')]
    // However long it takes to start a JVM: the others may not be given what is its own meanwhile.
    const patient = [
      '--alter',
      '--add-config',
      'consumer.session.timeout.ms=60000',
      '--entity-type',
      'groups',
    ]
    const altered = await tool('kafka-configs', [...patient, '--entity-name', group])
    expect(altered.exitCode, altered.output).toBe(0)
    const first = start(topic, group, { instanceId: 'one' })
    const second = start(topic, group, { instanceId: 'two' })
    await expect.poll(() => sizes([first, second]), WITHIN).toEqual([2, 2])
    const [owned, events] = [first.owned(), rebalances(second)]
    await first.stop()
    const again = start(topic, group, { instanceId: 'one' })
    await expect.poll(() => again.owned(), WITHIN).toEqual(owned)
    expect(rebalances(second)).toEqual(events)
  })

  test('a regular expression is resolved by the broker, also for topics that come later', async () => {
    const [prefix, group] = [uniqueName('log'), uniqueName('group')]
    await newTopic(1, `${prefix}-a`)
    const member = processes.startWithRegex(cluster().bootstrap, group, `${prefix}-[a-c]`)
    await expect.poll(() => member.lines(), WITHIN).toContain(`assigned [${prefix}-a-0]`)
    await newTopic(1, `${prefix}-b`)
    await newTopic(1, `${prefix}-d`)
    await expect.poll(() => member.lines(), WITHIN).toContain(`assigned [${prefix}-b-0]`)
    expect(member.lines().filter((line) => line.includes(`${prefix}-d`))).toEqual([])
  })

  test('a regular expression that is none is refused', async () => {
    const member = processes.startWithRegex(cluster().bootstrap, uniqueName('group'), 'a(?=b)')
    await expect.poll(() => member.lines(), WITHIN).toContain('failed InvalidRegularExpression')
  })

  test('a group goes from the classic to the consumer protocol and back while it reads', async () => {
    const [topic, group] = [await newTopic(4), uniqueName('group')]
    const type = async () => /classic|consumer/.exec(await listed(group))?.[0]
    const classic = [
      start(topic, group, { protocol: 'classic' }),
      start(topic, group, { protocol: 'classic' }),
    ]
    await expect.poll(() => sizes(classic), WITHIN).toEqual([2, 2])
    await produce(topic, numbers(8))
    await expect.poll(() => read(classic), WITHIN).toEqual(numbers(8))
    expect(await type()).toBe('classic')
    const consumer = start(topic, group)
    await expect.poll(() => sizes([...classic, consumer]).sort(), WITHIN).toEqual([1, 1, 2])
    expect(await type()).toBe('consumer')
    await produce(topic, numbers(8, 20_000))
    const all = [...classic, consumer]
    await expect.poll(() => read(all), WITHIN).toEqual([...numbers(8), ...numbers(8, 20_000)])
    await consumer.stop()
    await expect.poll(() => sizes(classic), WITHIN).toEqual([2, 2])
    expect(await type()).toBe('classic')
    await produce(topic, numbers(8, 30_000))
    await expect
      .poll(() => read(all), WITHIN)
      .toEqual([...numbers(8), ...numbers(8, 20_000), ...numbers(8, 30_000)])
  })

  test('offsets of topics that nobody reads can be deleted, of others not', async () => {
    const [topic, group] = [await newTopic(1), uniqueName('group')]
    const member = start(topic, group)
    await produce(topic, ['1'])
    await expect.poll(() => member.values(), WITHIN).toEqual(['1'])
    const deleteOffsets = ['--delete-offsets', '--group', group, '--topic', topic]
    const refused = await groups(deleteOffsets)
    expect(refused.output).toMatch(/GroupSubscribedToTopicException|actively subscribed/)
    await member.stop()
    const deleted = await groups(deleteOffsets)
    expect(deleted.stdout).toMatch(new RegExp(`${topic}\\s+0\\s+Successful`))
  })

  function start(
    topic: string,
    group: string,
    options: { protocol?: 'classic' | 'consumer'; instanceId?: string; assignor?: string } = {},
  ) {
    return processes.start({ bootstrap: cluster().bootstrap, topic, group, protocol: 'consumer', ...options })
  }

  async function newTopic(partitions: number, topic = uniqueName('topic')): Promise<string> {
    const args = ['--create', '--topic', topic, '--partitions', String(partitions)]
    const created = await tool('kafka-topics', args)
    expect(created.exitCode, created.output).toBe(0)
    return topic
  }

  async function produce(topic: string, lines: string[]): Promise<void> {
    // Every record is a batch of its own, so that they spread over the partitions.
    const args = ['--bootstrap-server', cluster().bootstrap, '--topic', topic, '--batch-size', '1']
    const produced = await kafkaTool('kafka-console-producer', args, { input: `${lines.join('\n')}\n` })
    expect(produced.exitCode, produced.output).toBe(0)
  }

  async function listed(group: string): Promise<string> {
    const { stdout } = await groups(['--list', '--type'])
    return (
      stdout
        .split('\n')
        .find((line) => line.startsWith(group))
        ?.slice(group.length)
        .toLowerCase() ?? ''
    )
  }

  const groups = (args: string[]) => tool('kafka-consumer-groups', args)
  const tool = (name: KafkaTool, args: string[]) =>
    kafkaTool(name, ['--bootstrap-server', cluster().bootstrap, ...args])
})

const numbers = (count: number, from = 10_000) =>
  Array.from({ length: count }, (_, index) => String(from + index))
const sizes = (members: readonly ConsumerProcess[]) => members.map((member) => member.owned().length)
const read = (members: readonly ConsumerProcess[]) =>
  [...new Set(members.flatMap((member) => member.values()))].sort()
const rebalances = (member: ConsumerProcess) =>
  member.events().filter(({ name }) => name.startsWith('partitions_'))
