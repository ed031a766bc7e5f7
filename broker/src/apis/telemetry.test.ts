/** Clients that push their metrics (KIP-714), over connections to a broker. */
import { expect, test } from 'vitest'
import { AlterConfigOperation, ConfigResourceType } from '../cluster/index.ts'
import { TestCluster } from '../server/test-cluster.ts'
import { metricsData } from '../telemetry/client-metrics/testing-otlp.ts'
import { ErrorCode, ZERO_UUID } from '../wire/index.ts'
import { ApiVersionsApi } from './18-api-versions.ts'
import { IncrementalAlterConfigsApi } from './44-incremental-alter-configs.ts'
import { GetTelemetrySubscriptionsApi } from './71-get-telemetry-subscriptions.ts'
import { PushTelemetryApi } from './72-push-telemetry.ts'

const READABLE = { 'freshet.metrics.listener': '127.0.0.1:1' }
const SOFTWARE = { clientSoftwareName: 'librdkafka', clientSoftwareVersion: '2.14.0' }

async function subscribe(cluster: TestCluster, configs: Readonly<Record<string, string>>) {
  const { SET: configOperation } = AlterConfigOperation
  const { responses } = await cluster.request(1, IncrementalAlterConfigsApi, 1, {
    resources: [
      {
        resourceType: ConfigResourceType.CLIENT_METRICS,
        resourceName: 'all',
        configs: Object.entries(configs).map(([name, value]) => ({ name, value, configOperation })),
      },
    ],
    validateOnly: false,
  })
  expect(responses[0]?.errorCode).toBe(ErrorCode.NONE)
}

test.each([
  ['are asked for', READABLE, [71, 72]],
  ['are not asked for', {}, []],
])('metrics of clients %s with the configuration %o', async (_, properties, expected) => {
  const cluster = await TestCluster.start(1, properties)
  const { apiKeys } = await cluster.request(1, ApiVersionsApi, 4, SOFTWARE)
  const telemetry = apiKeys.map(({ apiKey }) => apiKey).filter((key) => key === 71 || key === 72)
  expect(telemetry).toEqual(expected)
  await cluster.stopAll()
})

test('a client that matches by its software is asked for metrics; what it pushes can be read after it left', async () => {
  const cluster = await TestCluster.start(1, { ...READABLE, 'telemetry.max.bytes': '5000' })
  await subscribe(cluster, {
    metrics: 'a.,b.',
    match: 'client_software_name=librdkafka',
    'interval.ms': '500',
  })
  const other = cluster.connect(1)
  const stranger = await cluster.settle(
    other.send(GetTelemetrySubscriptionsApi, 0, { clientInstanceId: ZERO_UUID }),
  )
  expect(stranger.requestedMetrics).toEqual([])
  other.socket.end()
  const client = cluster.connect(1)
  await cluster.settle(client.send(ApiVersionsApi, 4, SOFTWARE))
  const asked = await cluster.settle(
    client.send(GetTelemetrySubscriptionsApi, 0, { clientInstanceId: ZERO_UUID }),
  )
  expect(asked).toMatchObject({
    errorCode: ErrorCode.NONE,
    requestedMetrics: ['a.', 'b.'],
    acceptedCompressionTypes: [4, 3, 1, 2],
    pushIntervalMs: 500,
    telemetryMaxBytes: 5000,
    deltaTemporality: false,
  })
  const { clientInstanceId, subscriptionId } = asked
  const again = await cluster.settle(client.send(GetTelemetrySubscriptionsApi, 0, { clientInstanceId }))
  expect(again.errorCode).toBe(ErrorCode.THROTTLING_QUOTA_EXCEEDED)
  const pushed = await cluster.settle(
    client.send(PushTelemetryApi, 0, {
      clientInstanceId,
      subscriptionId,
      terminating: true,
      compressionType: 0,
      metrics: metricsData([{ name: 'a.b', value: 42 }]),
    }),
  )
  expect(pushed).toEqual({ throttleTimeMs: 0, errorCode: ErrorCode.NONE })
  client.socket.end()
  await cluster.advance(10_000)
  const { clientMetrics, telemetry } = cluster.broker(1)
  expect(await cluster.settle(clientMetrics.text())).toMatch(
    new RegExp(
      `^a_b\\{client_instance_id="${clientInstanceId}".*client_software_version="2.14.0".*\\} 42$`,
      'm',
    ),
  )
  expect(await cluster.settle(telemetry.metricsText(cluster.clock))).toMatch(
    /^kafka_server_client_metrics_Value\{name="instance-count"\} 0$/m,
  )
  await cluster.stopAll()
})
