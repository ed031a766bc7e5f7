/** Kafka's verifiable producer and its performance tools. */
import { expect, test } from 'vitest'
import { kafkaTool, kafkaToolCommand } from '../support/java.ts'
import { runProgram } from '../support/programs.ts'
import { suite } from '../support/requirements.ts'
import { uniqueName, useCluster } from './cluster-under-test.ts'

suite('load tools', ['java'], () => {
  const cluster = useCluster()

  test.concurrent('the verifiable producer sees every record acknowledged at its offset', async () => {
    const topic = uniqueName('verified')
    const args = ['--bootstrap-server', cluster().bootstrap, '--topic', topic, '--max-messages', '3']
    // It has its last word when its JVM ends.
    const [program = '', ...rest] = kafkaToolCommand('kafka-verifiable-producer', args)
    const produced = await runProgram(program, rest, { timeoutMs: 90_000 })
    const events = produced.stdout
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line) as { name: string; offset?: number; sent?: number; acked?: number })
    expect(events.map(({ name }) => name)).toEqual([
      'startup_complete',
      'producer_send_success',
      'producer_send_success',
      'producer_send_success',
      'shutdown_complete',
      'tool_data',
    ])
    expect(events.flatMap(({ offset }) => offset ?? [])).toEqual([0, 1, 2])
    expect(events.at(-1)).toMatchObject({ sent: 3, acked: 3 })
  })

  test.concurrent('the performance tools send 50,000 records and read them back', async () => {
    const topic = uniqueName('performance')
    const target = ['--bootstrap-server', cluster().bootstrap, '--topic', topic, '--num-records', '50000']
    const load = [
      '--record-size',
      '100',
      '--throughput',
      '-1',
      '--command-property',
      'acks=all',
      'linger.ms=5',
    ]
    const produced = await kafkaTool('kafka-producer-perf-test', [...target, ...load])
    expect(produced.stdout).toMatch(/50000 records sent, [\d.]+ records\/sec/)
    const consumed = await kafkaTool('kafka-consumer-perf-test', target)
    const row = consumed.stdout.split('\n').find((line) => /^\d{4}-/.test(line))
    expect(Number(row?.split(',')[4])).toBeGreaterThanOrEqual(50_000)
  })
})
