/** Client quotas (KIP-546) as kafka-configs sets them and as Apache Kafka's producer and consumer feel them. */
import { expect, test } from 'vitest'
import { kafkaTool } from '../support/java.ts'
import { suite } from '../support/requirements.ts'
import { uniqueName, useCluster } from './cluster-under-test.ts'

const RECORD_BYTES = 10_000
const RECORDS = 1000
const QUOTA_BYTES_PER_SECOND = 1_000_000
/** A client may spend so many seconds' worth at once. */
const WINDOWS = 3

suite('client quotas', ['java'], () => {
  const cluster = useCluster({ brokers: 1, properties: { 'quota.window.num': String(WINDOWS) } })

  test.concurrent.each([
    ['clients', 'producer_byte_rate=1048576,request_percentage=150.0'],
    ['ips', 'connection_creation_rate=200'],
  ])('kafka-configs sets, describes and deletes quotas of %s', async (type, configs) => {
    const name = type === 'ips' ? '10.1.2.3' : uniqueName('client')
    const entity = ['--entity-type', type, '--entity-name', name]
    const altered = await configsTool(['--alter', '--add-config', configs, ...entity])
    expect(altered.output).toContain('Completed updating config')
    const described = await configsTool(['--describe', ...entity])
    for (const config of configs.split(',')) expect(described.stdout).toContain(config)
    const keys = configs.split(',').map((config) => config.split('=')[0])
    await configsTool(['--alter', '--delete-config', keys.join(','), ...entity])
    expect((await configsTool(['--describe', ...entity])).stdout).not.toContain(keys[0])
  })

  test.concurrent('a user and a client id together are an entity of their own', async () => {
    const client = uniqueName('client')
    const entity = ['--entity-type', 'users', '--entity-name', 'ann', '--entity-type', 'clients']
    const add = ['--alter', '--add-config', 'consumer_byte_rate=2048', ...entity, '--entity-name', client]
    expect((await configsTool(add)).output).toContain('Completed updating config')
    const described = await configsTool(['--describe', ...entity, '--entity-name', client])
    expect(described.stdout).toContain('consumer_byte_rate=2048')
    expect(described.stdout).toContain("user-principal 'ann'")
  })

  test.concurrent('an unknown quota is refused by name', async () => {
    const add = ['--alter', '--add-config', 'leader_byte_rate=1', '--entity-type', 'clients']
    const refused = await configsTool([...add, '--entity-name', 'c'])
    expect(refused.exitCode).not.toBe(0)
    expect(refused.output).toContain('leader_byte_rate')
  })

  test('a producer and a consumer run at their quota', async () => {
    const topic = uniqueName('throttled')
    const client = uniqueName('client')
    const limits = `producer_byte_rate=${QUOTA_BYTES_PER_SECOND},consumer_byte_rate=${QUOTA_BYTES_PER_SECOND}`
    const entity = ['--entity-type', 'clients', '--entity-name', client]
    await configsTool(['--alter', '--add-config', limits, ...entity])
    const seconds = await producePerf(topic, client, RECORDS)
    // 10 MB: the windows may pass at once, the rest at 1 MB/s.
    expect(seconds).toBeGreaterThan(5)
    expect(seconds).toBeLessThan(20)
    const consumed = await kafkaTool('kafka-consumer-perf-test', [
      ...['--bootstrap-server', cluster().bootstrap, '--topic', topic, '--num-records', String(RECORDS)],
      ...['--timeout', '60000', '--command-property', `client.id=${client}`],
    ])
    expect(consumed.exitCode).toBe(0)
    expect(Number(consumed.stdout.trim().split('\n').at(-1)?.split(',')[4])).toBeGreaterThanOrEqual(RECORDS)
    const rate = Number(consumed.stdout.trim().split('\n').at(-1)?.split(',')[3])
    expect(rate).toBeLessThan(2)
  }, 180_000)

  test("a producer that takes more than its share of the broker's time is told to wait", async () => {
    const [topic, client] = [uniqueName('throttled'), uniqueName('client')]
    const entity = ['--entity-type', 'clients', '--entity-name', client]
    await configsTool(['--alter', '--add-config', 'request_percentage=0.01', ...entity])
    const produced = await kafkaTool('kafka-producer-perf-test', [
      ...['--bootstrap-server', cluster().bootstrap, '--topic', topic, '--print-metrics'],
      ...['--num-records', '10', '--record-size', String(RECORD_BYTES), '--throughput', '-1'],
      ...['--command-property', `client.id=${client}`, 'max.in.flight.requests.per.connection=1'],
    ])
    const throttle = new RegExp(`produce-throttle-time-max:\\{client-id=${client}\\}\\s*: ([\\d.]+)`)
    expect(Number(throttle.exec(produced.stdout)?.[1]), produced.output).toBeGreaterThan(100)
  }, 180_000)

  /** Seconds that it took, by the tool itself: without those that it takes to start one. */
  async function producePerf(topic: string, client: string, count: number): Promise<number> {
    const outcome = await kafkaTool('kafka-producer-perf-test', [
      ...['--topic', topic, '--num-records', String(count), '--record-size', String(RECORD_BYTES)],
      ...['--throughput', '-1', '--command-property', `client.id=${client}`],
      ...['--bootstrap-server', cluster().bootstrap],
    ])
    const perSecond = new RegExp(`^${count} records sent, ([\\d.]+) records/sec`, 'm').exec(
      outcome.stdout,
    )?.[1]
    expect(Number(perSecond), outcome.output).toBeGreaterThan(0)
    return count / Number(perSecond)
  }

  function configsTool(args: readonly string[]) {
    return kafkaTool('kafka-configs', ['--bootstrap-server', cluster().bootstrap, ...args])
  }
})
