/** Reassignments (KIP-455) with throttles (KIP-73), as kafka-reassign-partitions makes and verifies them. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { kafkaTool } from '../support/java.ts'
import { suite } from '../support/requirements.ts'
import { waitFor } from '../support/wait.ts'
import { uniqueName, useCluster } from './cluster-under-test.ts'

const RECORDS = 4000
const RECORD_BYTES = 5000
/** The 20 MB would take three minutes. */
const BYTES_PER_SECOND = 100_000
const UNBOUND_BYTES_PER_SECOND = 1_000_000_000

suite('reassignment', ['java'], () => {
  const cluster = useCluster({ brokers: 3 })
  const folder = mkdtempSync(join(tmpdir(), 'freshet-reassign-'))
  afterAll(() => rmSync(folder, { recursive: true }))

  test('a throttled move waits until the throttle is raised, and --verify takes it away when it is over', async () => {
    const topic = uniqueName('moved')
    await topics(['--create', '--topic', topic, '--replica-assignment', '1'])
    await fill(topic)
    const plan = join(folder, 'plan.json')
    const partitions = [{ topic, partition: 0, replicas: [2, 3] }]
    writeFileSync(plan, JSON.stringify({ version: 1, partitions }))
    const started = await reassign(plan, ['--execute', '--throttle', String(BYTES_PER_SECOND)])
    expect(started.output).toContain('Successfully started partition reassignment')
    expect((await configs('topics', topic)).stdout).toContain('leader.replication.throttled.replicas=0:1')
    expect((await configs('topics', topic)).stdout).toContain(
      'follower.replication.throttled.replicas=0:2,0:3',
    )
    expect((await configs('brokers', '2')).stdout).toContain(
      `follower.replication.throttled.rate=${BYTES_PER_SECOND}`,
    )
    expect((await reassign(plan, ['--verify'])).stdout).toContain(`${topic}-0 is still in progress`)
    await reassign(plan, ['--execute', '--additional', '--throttle', String(UNBOUND_BYTES_PER_SECOND)])
    await waitFor(
      'the reassignment to be complete',
      90_000,
      async () => {
        const verified = await reassign(plan, ['--verify'])
        return verified.stdout.includes(`${topic}-0 is completed`)
      },
      500,
    )
    expect((await configs('topics', topic)).stdout).not.toContain('throttled')
    expect((await configs('brokers', '2')).stdout).not.toContain('throttled')
    const { stdout } = await topics(['--describe', '--topic', topic])
    expect(stdout).toMatch(/Replicas: 2,3\s+Isr: (2,3|3,2)/)
  }, 180_000)

  test('a move that replaced another one is listed with what both added, and cancelled with its throttles', async () => {
    const topic = uniqueName('cancelled')
    await topics(['--create', '--topic', topic, '--replica-assignment', '1'])
    await fill(topic)
    const planOf = (name: string, replicas: readonly number[]) => {
      const plan = join(folder, name)
      writeFileSync(plan, JSON.stringify({ version: 1, partitions: [{ topic, partition: 0, replicas }] }))
      return plan
    }
    const [first, second] = [planOf('first.json', [2, 3]), planOf('second.json', [1, 3])]
    const throttle = ['--throttle', String(BYTES_PER_SECOND)]
    await reassign(first, ['--execute', ...throttle])
    const refused = await reassign(second, ['--execute', ...throttle])
    expect(refused.output).toContain('there is an existing partition assignment')
    await reassign(second, ['--execute', '--additional', ...throttle])
    const list = async () => (await tool('kafka-reassign-partitions', ['--list'])).stdout
    expect(await list()).toContain(`${topic}-0: replicas: 1,3,2. adding: 2,3. removing: 2.`)
    const cancelled = await reassign(second, ['--cancel'])
    expect(cancelled.stdout).toContain(`Successfully cancelled partition reassignment for: ${topic}-0`)
    expect(await list()).toContain('No partition reassignments found.')
    expect((await topics(['--describe', '--topic', topic])).stdout).toMatch(/Replicas: 1\s+Isr: 1\s/)
    expect((await configs('topics', topic)).stdout).not.toContain('throttled')
    expect((await configs('brokers', '3')).stdout).not.toContain('throttled')
  }, 180_000)

  async function fill(topic: string): Promise<void> {
    const outcome = await kafkaTool('kafka-producer-perf-test', [
      ...['--topic', topic, '--num-records', String(RECORDS), '--record-size', String(RECORD_BYTES)],
      ...['--throughput', '-1', '--bootstrap-server', cluster().bootstrap],
    ])
    expect(outcome.output).toContain(`${RECORDS} records sent`)
  }

  const reassign = (plan: string, args: readonly string[]) =>
    tool('kafka-reassign-partitions', ['--reassignment-json-file', plan, ...args])
  const topics = async (args: readonly string[]) => {
    const outcome = await tool('kafka-topics', args)
    expect(outcome.exitCode, outcome.output).toBe(0)
    return outcome
  }
  const configs = (type: string, name: string) =>
    tool('kafka-configs', ['--describe', '--entity-type', type, '--entity-name', name])

  function tool(name: Parameters<typeof kafkaTool>[0], args: readonly string[]) {
    return kafkaTool(name, ['--bootstrap-server', cluster().bootstrap, ...args])
  }
})
