import { expect, it } from 'vitest'
import { createActiveApi } from '../testing/active-api.ts'

/** Names and uuids say nothing of region and account: an ARN of elsewhere leads to nothing here. */

const ELSEWHERE = [
  ['another region', ':us-east-1:', ':eu-west-1:'],
  ['another account', ':000000000000:', ':111111111111:'],
  ['another partition', 'arn:aws:', 'arn:aws-cn:'],
] as const

it.each(ELSEWHERE)(
  'an ARN of %s is not found, and nothing of that name is changed',
  async (_what, here, there) => {
    const api = await createActiveApi()
    const before = await api.cluster()
    const { currentVersion } = before
    const elsewhere = encodeURIComponent(api.arn.replace(here, there))
    const answers = [
      await api.call('GET', `/v1/clusters/${elsewhere}`),
      await api.call('GET', `/api/v2/clusters/${elsewhere}`),
      await api.call('GET', `/v1/clusters/${elsewhere}/nodes`),
      await api.call('GET', `/v1/clusters/${elsewhere}/bootstrap-brokers`),
      await api.call('GET', `/v1/compatible-kafka-versions?clusterArn=${elsewhere}`),
      await api.call('PUT', `/v1/clusters/${elsewhere}/monitoring`, {
        currentVersion,
        enhancedMonitoring: 'PER_BROKER',
      }),
      await api.call('POST', `/v1/tags/${elsewhere}`, { tags: { team: 'sales' } }),
      await api.call('DELETE', `/v1/clusters/${elsewhere}`),
    ]
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 404))
    expect(answers.map(({ headers }) => headers.get('x-amzn-errortype'))).toEqual(
      answers.map(() => 'NotFoundException'),
    )
    expect(await api.cluster()).toEqual(before)
  },
)

it.each(ELSEWHERE)('so are operations and configurations of %s', async (_what, here, there) => {
  const api = await createActiveApi()
  const created = await api.call('POST', '/v1/configurations', {
    name: 'tuned',
    serverProperties: Buffer.from('num.partitions=3').toString('base64'),
  })
  const arn = String(created.body.arn).replace(here, there)
  const deleted = await api.call('DELETE', `/v1/configurations/${encodeURIComponent(arn)}`)
  expect([deleted.status, deleted.body.message]).toEqual([400, 'Configuration ARN does not exist'])
  expect((await api.call('GET', '/v1/configurations')).body.configurations).toHaveLength(1)
  const { currentVersion } = await api.cluster()
  const begun = await api.put('/nodes/count', { currentVersion, targetNumberOfBrokerNodes: 6 })
  const operation = encodeURIComponent(String(begun.body.clusterOperationArn).replace(here, there))
  expect((await api.call('GET', `/v1/operations/${operation}`)).status).toBe(404)
})
