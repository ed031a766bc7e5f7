/** Kafka's own transactional producer, kafka-transactions, kafka-features and TransactionalMessageCopier. */
import { join } from 'node:path'
import { encodeBatch } from '@freshet/broker/wire'
import { expect, test } from 'vitest'
import { javaSource, type KafkaTool, kafkaTool } from '../support/java.ts'
import { parseAddress, RawClient } from '../support/raw-client.ts'
import { suite } from '../support/requirements.ts'
import { uniqueName, useCluster } from './cluster-under-test.ts'

const REPLICATED = {
  'transaction.state.log.replication.factor': '3',
  'transaction.state.log.min.isr': '2',
  'transaction.state.log.num.partitions': '3',
  'offsets.topic.replication.factor': '3',
  'offsets.topic.num.partitions': '3',
}

/** A producer that no coordinator has heard of. */
const GHOST = { producerId: 987_654_321, producerEpoch: 7, baseSequence: 0 }

/** As `transactionStatus` says it. */
const [EMPTY, ONGOING, PREPARE_COMMIT, PREPARE_ABORT, COMPLETE_COMMIT, COMPLETE_ABORT] = [0, 1, 2, 3, 4, 5]

suite('transactions of Java clients', ['java'], () => {
  const cluster = useCluster({ properties: REPLICATED })

  test('committed records are read, aborted ones are not', async () => {
    const topic = await newTopic(3)
    await run('commit-and-abort', uniqueName('id'), topic)
    const expected = ['r0', 'r2', 'r4', 'r6', 'r8'].flatMap((r) => ['p0', 'p1', 'p2'].map((p) => `${r}${p}`))
    expect(await read(topic, expected.length)).toEqual(expected)
  })

  test('a producer whose id was taken over is fenced', async () => {
    const topic = await newTopic(1)
    expect(await run('fence', uniqueName('id'), topic)).toMatch(/^fenced: /)
    expect(await read(topic, 1)).toEqual(['next'])
  })

  test('consume, transform, produce: every record once, although transactions are aborted', async () => {
    const [from, to] = [await newTopic(3), await newTopic(3)]
    const values = Array.from({ length: 300 }, (_, index) => `v${String(index).padStart(3, '0')}`)
    await tool('kafka-console-producer', ['--topic', from], `${values.join('\n')}\n`)
    const id = uniqueName('id')
    expect(await run('transform', id, from, to, '300')).toBe('transformed 300')
    expect(await read(to, 300)).toEqual(values.map((value) => `${value}!`))
    const group = await tool('kafka-consumer-groups', ['--describe', '--group', `group-of-${id}`])
    const ends = [...group.matchAll(/ (\d+) +(\d+) +0 /g)].map(([, current, end]) => [current, end])
    expect(ends.length, group).toBeGreaterThan(0)
    expect(ends.every(([current, end]) => current === end)).toBe(true)
  })

  test('TransactionalMessageCopier copies all of a partition', async () => {
    const [from, to] = [await newTopic(1), await newTopic(1)]
    const values = Array.from({ length: 200 }, (_, index) => String(index).padStart(3, '0'))
    await tool('kafka-console-producer', ['--topic', from], `${values.join('\n')}\n`)
    const args = ['--broker-list', cluster().bootstrap, '--input-topic', from, '--output-topic', to]
    const ids = ['--input-partition', '0', '--transactional-id', uniqueName('id'), '--consumer-group']
    const copied = await kafkaTool('transactional-message-copier', [
      ...args,
      ...ids,
      uniqueName('group'),
      ...['--max-messages', '200', '--transaction-size', '30', '--enable-random-aborts'],
    ])
    expect(copied.exitCode, copied.output).toBe(0)
    expect(await read(to, 200)).toEqual(values)
  })

  test('kafka-transactions lists, describes and aborts an open one, which is not hanging', async () => {
    const topic = await newTopic(1)
    const id = uniqueName('id')
    expect(await run('hang', id, topic)).toBe('open')
    expect(await tool('kafka-transactions', ['list'])).toMatch(new RegExp(`${id}\\s+\\d+\\s+\\d+\\s+Ongoing`))
    const described = await tool('kafka-transactions', ['describe', '--transactional-id', id])
    expect(described).toMatch(new RegExp(`${id}.*Ongoing.*${topic}-0`))
    const producers = await tool('kafka-transactions', [
      'describe-producers',
      ...['--topic', topic, '--partition', '0'],
    ])
    const [, producerId = '', epoch = ''] = /^(\d+)\s+(\d+)\s/m.exec(producers) ?? []
    expect(producers).toMatch(new RegExp(`^${producerId}\\s+${epoch}\\s+.*\\s0\\s*$`, 'm'))
    // Its coordinator knows of it: it is open, and not hanging.
    const brokers = await Promise.all(
      ['1', '2', '3'].map((broker) =>
        tool('kafka-transactions', [
          'find-hanging',
          '--broker-id',
          broker,
          '--max-transaction-timeout',
          '15',
        ]),
      ),
    )
    for (const found of brokers) expect(found).not.toContain(topic)
    const aborted = ['abort', '--topic', topic, '--partition', '0', '--start-offset', '0']
    await tool('kafka-transactions', aborted)
    await tool('kafka-console-producer', ['--topic', topic], 'free\n')
    expect(await read(topic, 1)).toEqual(['free'])
  })

  test('kafka-transactions finds a transaction that no coordinator knows, and aborts it', async () => {
    const topic = await newTopic(1)
    const verification = 'transaction.partition.verification.enable'
    const forAll = ['--alter', '--entity-type', 'brokers', '--entity-default']
    await tool('kafka-configs', [...forAll, '--add-config', `${verification}=false`])
    await expect.poll(() => beginUnasked(topic)).toBe(0)
    await tool('kafka-configs', [...forAll, '--delete-config', verification])
    await tool('kafka-console-producer', ['--topic', topic], 'behind\n')
    const consume = ['--topic', topic, '--from-beginning', '--isolation-level', 'read_committed']
    const committed = await tool('kafka-console-consumer', [...consume, '--timeout-ms', '3000'])
    expect(committed).not.toMatch(/^(hangs|behind)$/m)
    const search = ['find-hanging', '--topic', topic]
    const hanging = new RegExp(
      `^${topic}\\s+0\\s+${GHOST.producerId}\\s+7\\s+-1\\s+0\\s+\\d+\\s+(59|6\\d)\\s*$`,
      'm',
    )
    expect(await tool('kafka-transactions', search)).toMatch(hanging)
    await tool('kafka-transactions', ['abort', '--topic', topic, '--partition', '0', '--start-offset', '0'])
    expect(await read(topic, 1)).toEqual(['behind'])
    expect(await tool('kafka-transactions', search)).not.toContain(String(GHOST.producerId))
  })

  test('the dump tool reads each state of a transactional id from __transaction_state', async () => {
    const id = uniqueName('id')
    await run('commit-and-abort', id, await newTopic(3))
    const begun = [EMPTY, ONGOING, PREPARE_COMMIT, COMPLETE_COMMIT]
    expect((await statesOf(id)).slice(0, begun.length)).toEqual(begun)
    // An aborted transaction was never open if the producer gave up before it had sent anything.
    const ends = async () => (await statesOf(id)).filter((state) => state !== EMPTY && state !== ONGOING)
    const round = [PREPARE_COMMIT, COMPLETE_COMMIT, PREPARE_ABORT, COMPLETE_ABORT]
    const expected = Array.from({ length: 5 }, () => round).flat()
    await expect.poll(ends, { timeout: 60_000, interval: 500 }).toEqual(expected)
  })

  test('kafka-features lowers and raises transaction.version', async () => {
    const describe = () => tool('kafka-features', ['describe'])
    const level =
      /transaction\.version\s+SupportedMinVersion: 0\s+SupportedMaxVersion: 2\s+FinalizedVersionLevel: (\d)/
    expect(level.exec(await describe())?.[1]).toBe('2')
    await tool('kafka-features', ['downgrade', '--feature', 'transaction.version=1'])
    expect(level.exec(await describe())?.[1]).toBe('1')
    const topic = await newTopic(3)
    await run('commit-and-abort', uniqueName('id'), topic)
    expect(await read(topic, 15)).toHaveLength(15)
    await tool('kafka-features', ['upgrade', '--feature', 'transaction.version=2'])
    expect(level.exec(await describe())?.[1]).toBe('2')
  })

  /** A batch of a transaction that was never added to anything; an hour old, so that nobody waits for its end. */
  async function beginUnasked(topic: string): Promise<number> {
    const metadata = await withClient(cluster().bootstrap, (client) => client.metadata([topic]))
    const { host, port } = metadata.brokers.get(metadata.partitions[0]?.leader ?? -1)!
    const records = [{ timestamp: Date.now() - 3_600_000, value: Buffer.from('hangs') }]
    const batch = encodeBatch({ ...GHOST, transactional: true, records })
    const produced = { topic, partition: 0, acks: -1, transactionalId: uniqueName('ghost'), batch }
    return withClient(`${host}:${port}`, async (client) => (await client.produceBatch(produced)).errorCode)
  }

  async function run(step: string, ...args: string[]): Promise<string> {
    const outcome = await javaSource('Transactions', [step, cluster().bootstrap, ...args])
    expect(outcome.exitCode, outcome.output).toBe(0)
    return outcome.stdout.trim()
  }

  /** The states in the order of the log of any replica; several records may tell of the same one. */
  async function statesOf(id: string): Promise<number[]> {
    const folder = cluster().brokers[0]!.dataFolder
    const files = [0, 1, 2].map((partition) =>
      join(folder, `__transaction_state-${partition}`, '00000000000000000000.log'),
    )
    const options = ['--transaction-log-decoder', '--files', files.join(',')]
    const dumped = await kafkaTool('kafka-dump-log', options)
    expect(dumped.exitCode, dumped.output).toBe(0)
    const records = dumped.stdout.split('\n').filter((line) => line.includes(`"transactionalId":"${id}"`))
    const states = records.map((line) => Number(/"transactionStatus":(\d)/.exec(line)?.[1]))
    return states.filter((state, index) => state !== states[index - 1])
  }

  /** What a consumer with read_committed gets, sorted. */
  async function read(topic: string, count: number): Promise<string[]> {
    return (await run('read', topic, String(count))).split(',')
  }

  async function newTopic(partitions: number): Promise<string> {
    const topic = uniqueName('transactions')
    const factor = ['--replication-factor', '3', '--partitions', String(partitions)]
    await tool('kafka-topics', ['--create', '--topic', topic, ...factor])
    return topic
  }

  /** Returns what the tool printed. */
  async function tool(name: KafkaTool, args: readonly string[], input?: string): Promise<string> {
    const all = ['--bootstrap-server', cluster().bootstrap, ...args]
    const outcome = await kafkaTool(name, all, input === undefined ? {} : { input })
    expect(outcome.exitCode, outcome.output).toBe(0)
    return outcome.stdout
  }
})

async function withClient<Answer>(
  address: string,
  ask: (client: RawClient) => Promise<Answer>,
): Promise<Answer> {
  const client = await RawClient.connect(parseAddress(address.split(',')[0] ?? ''))
  try {
    return await ask(client)
  } finally {
    client.close()
  }
}
