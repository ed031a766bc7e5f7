import { expect, it } from 'vitest'
import { createActiveApi, UNKNOWN_CLUSTER } from '../../testing/active-api.ts'

it('a cluster’s metrics of the last hour can be read, all of them or one', async () => {
  const api = await createActiveApi()
  const { clusterUuid } = await api.cluster()
  const dimensions = { 'Cluster Name': 'orders', 'Broker ID': '1' }
  api.metrics.add(clusterUuid, 60_000, [
    { name: 'CpuUser', unit: 'Percent', dimensions, value: 12 },
    { name: 'CpuIdle', unit: 'Percent', dimensions, value: 80 },
  ])
  const path = `/freshet${api.path}/metrics`
  const one = await api.call('GET', `${path}?metricName=CpuUser`)
  expect(one.body).toEqual({
    clusterArn: api.arn,
    metrics: [
      {
        metricName: 'CpuUser',
        unit: 'Percent',
        dimensions,
        points: [{ timestamp: '1970-01-01T00:01:00.000Z', value: 12 }],
      },
    ],
  })
  expect((await api.call('GET', path)).body.metrics).toHaveLength(2)
})

it('how a cluster scales, and what was decided, can be read', async () => {
  const api = await createActiveApi()
  await api.call('POST', `/v1/tags/${encodeURIComponent(api.arn)}`, {
    tags: { 'freshet:autoscaling': 'advise', 'freshet:storage-autoscaling-target': '60' },
  })
  const answer = await api.call('GET', `/freshet${api.path}/autoscaling`)
  expect(answer.body).toEqual({
    clusterArn: api.arn,
    currentBrokers: 3,
    settings: {
      mode: 'advise',
      minBrokers: 1,
      maxBrokers: 30,
      storage: { targetUtilisation: 0.6, maxVolumeSizeGB: 16_384 },
    },
    decisions: [],
  })
  const serverless = await api.call('GET', `/freshet${api.serverlessPath}/autoscaling`)
  expect(serverless.body.settings).toMatchObject({ mode: 'act' })
})

it.each(['metrics', 'autoscaling'])(
  '%s of a cluster that is not there are not found, and need a signature',
  async (what) => {
    const api = await createActiveApi()
    expect((await api.call('GET', `/freshet/v1/clusters/${UNKNOWN_CLUSTER}/${what}`)).status).toBe(404)
    expect((await api.app.request(`http://127.0.0.1:9690/freshet${api.path}/${what}`)).status).toBe(403)
  },
)
