/** Kafka's Java producer and consumer push their metrics (KIP-714), and Prometheus can read them. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type KafkaTool, kafkaTool } from '../support/java.ts'
import { freePorts } from '../support/ports.ts'
import { suite } from '../support/requirements.ts'
import { PATIENCE_MS, waitFor } from '../support/wait.ts'
import { type ClusterUnderTest, startCluster, uniqueName } from './cluster-under-test.ts'

suite('client metrics', ['java', 'freshet'], () => {
  let cluster: ClusterUnderTest
  let page = ''

  beforeAll(async () => {
    const [port] = await freePorts(1)
    page = `http://127.0.0.1:${port}/client-metrics`
    const properties = { 'freshet.metrics.listener': `127.0.0.1:${port}` }
    cluster = await startCluster({ brokers: 1, properties })
  })
  afterAll(() => cluster.stop())

  test('clients that match push the metrics that are wanted, and no others do', async () => {
    const topic = uniqueName('told')
    const [clientId, silentId] = [uniqueName('teller'), uniqueName('silent')]
    const metrics = 'org.apache.kafka.producer.topic.,org.apache.kafka.producer.connection.'
    const subscription = ['--metrics', metrics, '--interval', '300', '--match', `client_id=${clientId}.*`]
    const name = uniqueName('subscription')
    await succeeds('kafka-client-metrics', ['--alter', '--name', name, ...subscription])
    await produce(topic, clientId)
    await produce(topic, silentId)
    const sent = await waitFor('what was pushed last', PATIENCE_MS, async () => {
      const series = (await told()).find((line) =>
        line.startsWith('org_apache_kafka_producer_topic_record_send_total{'),
      )
      return Number(series?.split(' ').at(-1)) >= 50 ? series : undefined
    })
    expect(sent).toContain(`topic="${topic}"`)
    expect(sent).toContain(`client_id="${clientId}",`)
    expect(sent).toContain('client_software_name="apache-kafka-java",client_software_version="4.3.1"')
    const lines = await told()
    expect(
      lines.some((line) => line.startsWith('org_apache_kafka_producer_connection_creation_total{')),
    ).toBe(true)
    expect(lines.some((line) => line.includes('request_latency'))).toBe(false)
    expect(lines.some((line) => line.includes(silentId))).toBe(false)
    await succeeds('kafka-client-metrics', ['--delete', '--name', name])
    expect(await succeeds('kafka-client-metrics', ['--list'])).not.toContain(name)
  })

  /** Long enough for some pushes. */
  async function produce(topic: string, clientId: string): Promise<void> {
    const load = ['--topic', topic, '--num-records', '150', '--record-size', '10', '--throughput', '100']
    await succeeds('kafka-producer-perf-test', [...load, '--command-property', `client.id=${clientId}`])
  }

  async function told(): Promise<string[]> {
    const answer = await fetch(page)
    return (await answer.text()).split('\n')
  }

  async function succeeds(tool: KafkaTool, args: string[]): Promise<string> {
    const outcome = await kafkaTool(tool, ['--bootstrap-server', cluster.bootstrap, ...args])
    expect(outcome.exitCode, outcome.output).toBe(0)
    return outcome.stdout
  }
})
