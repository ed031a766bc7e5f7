import { describe, expect, it } from 'vitest'
import { withBrokers } from '../../model/cluster.ts'
import { createActiveApi } from '../../testing/active-api.ts'

describe('storage that was changed lately', () => {
  const volumes = (kafkaBrokerNodeId: string) => ({
    targetBrokerEBSVolumeInfo: [{ kafkaBrokerNodeId, volumeSizeGB: 200 }],
  })

  it.each([
    ['/nodes/storage', volumes('All')],
    ['/nodes/storage', volumes('2')],
    ['/storage', { volumeSizeGB: 200 }],
  ])('is refused another change at once, with the broker and the reason: %s %j', async (below, body) => {
    const { api, currentVersion } = await withChangingVolume()
    const answer = await api.put(below, { currentVersion, ...body })
    expect([answer.status, answer.headers.get('x-amzn-errortype')]).toEqual([400, 'BadRequestException'])
    expect(answer.body.message).toBe(
      'The storage of broker 2 cannot be changed again yet: volume vol-2 is optimizing, 63 % done.',
    )
    expect((await api.cluster()).state).toBe('ACTIVE')
  })

  it.each([
    ['/nodes/storage', volumes('1')],
    ['/storage', { storageMode: 'TIERED' }],
  ])('is no reason against %s %j', async (below, body) => {
    const { api, currentVersion } = await withChangingVolume()
    expect((await api.put(below, { currentVersion, ...body })).status).toBe(200)
  })

  async function withChangingVolume() {
    const api = await createActiveApi()
    const cluster = await api.clusters.update(await api.cluster(), (newest) =>
      withBrokers(newest, (broker) => ({ ...broker, hostId: `h-${broker.brokerId}` })),
    )
    api.fleet.changing.set('h-2', 'volume vol-2 is optimizing, 63 % done')
    return { api, currentVersion: cluster!.currentVersion }
  }
})

it.each([
  ['/nodes/storage', { targetBrokerEBSVolumeInfo: [{ kafkaBrokerNodeId: 'All', volumeSizeGB: 100 }] }],
  ['/nodes/storage', { targetBrokerEBSVolumeInfo: [{ kafkaBrokerNodeId: '2', volumeSizeGB: 100 }] }],
  ['/storage', { volumeSizeGB: 100 }],
])('storage that stays is told in the words that Terraform knows: %s %j', async (below, body) => {
  const api = await createActiveApi()
  const { currentVersion } = await api.cluster()
  expect((await api.put(below, { currentVersion, ...body })).body.message).toBe(
    'The request does not include any updates to the EBS volumes of the cluster. Verify the request, then try again.',
  )
})

const target = (kafkaBrokerNodeId: string, volumeSizeGB: number) => ({
  targetBrokerEBSVolumeInfo: [{ kafkaBrokerNodeId, volumeSizeGB }],
})

it.each([
  ['/nodes/storage', target('All', 109)],
  ['/nodes/storage', target('2', 109)],
  ['/nodes/storage', target('All', 90)],
  ['/storage', { volumeSizeGB: 109 }],
])(
  'storage that shrinks, or grows by less than 10 GiB, is refused in MSK’s words: %s %j',
  async (below, body) => {
    const api = await createActiveApi()
    const { currentVersion } = await api.cluster()
    const answer = await api.put(below, { currentVersion, ...body })
    expect([answer.status, answer.body]).toEqual([
      400,
      {
        message: 'To update storage, you must increase it by at least 10 GiB.',
        invalidParameter: 'volumeSizeGB',
      },
    ])
  },
)

it.each([
  ['/nodes/storage', target('All', 110)],
  ['/nodes/storage', target('2', 110)],
  ['/storage', { volumeSizeGB: 110 }],
])('storage may grow by 10 GiB: %s %j', async (below, body) => {
  const api = await createActiveApi()
  const { currentVersion } = await api.cluster()
  expect((await api.put(below, { currentVersion, ...body })).status).toBe(200)
})
