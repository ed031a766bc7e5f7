import { describe, expect, it } from 'vitest'
import { withBrokers } from '../../model/cluster.ts'
import { ClusterStore } from '../../model/cluster-store.ts'
import { createActiveApi } from '../../testing/active-api.ts'

const HOSTS = '/freshet/v1/hosts'

describe('hosts', () => {
  it('are listed with their brokers, page by page', async () => {
    const { call, arn } = await createActiveApi()
    const first = await call('GET', `${HOSTS}?maxResults=2`)
    expect(first.body).toMatchObject({
      hosts: [
        {
          hostId: 'h-1',
          zone: 'us-east-1a',
          state: 'ACTIVE',
          brokers: expect.arrayContaining([{ clusterArn: arn, brokerId: 1, address: '127.0.0.1' }]),
        },
        { hostId: 'h-2' },
      ],
    })
    const rest = await call('GET', `${HOSTS}?maxResults=2&nextToken=${first.body.nextToken}`)
    expect(rest.body).toMatchObject({ hosts: [{ hostId: 'h-3' }] })
    expect(rest.body).not.toHaveProperty('nextToken')
    expect((await call('GET', `${HOSTS}/h-2`)).body).toMatchObject({ hostId: 'h-2', state: 'ACTIVE' })
    expect((await call('GET', `${HOSTS}/h-9`)).status).toBe(404)
  })

  it('are shown as another control plane has just changed them', async () => {
    const { call, documents } = await createActiveApi()
    await call('GET', HOSTS)
    const elsewhere = new ClusterStore(documents, () => undefined)
    await elsewhere.update((await elsewhere.get('orders'))!, (cluster) =>
      withBrokers(cluster, (broker) => (broker.brokerId === 1 ? { ...broker, hostId: 'h-7' } : broker)),
    )
    expect((await call('GET', `${HOSTS}/h-7`)).body).toMatchObject({ brokers: [{ brokerId: 1 }] })
    const { hosts } = (await call('GET', HOSTS)).body
    expect(hosts).toMatchObject([{ hostId: 'h-1', brokers: [{}] }, {}, {}, { hostId: 'h-7' }])
  })

  it('are cordoned and uncordoned, as often as somebody asks', async () => {
    const { call } = await createActiveApi()
    const reason = 'its disk is slow'
    for (let time = 0; time < 2; time++) {
      const { body } = await call('POST', `${HOSTS}/h-1/cordon`, { reason })
      expect(body).toMatchObject({ state: 'CORDONED', cordon: { reason, since: '2026-11-21T08:00:00.000Z' } })
    }
    for (let time = 0; time < 2; time++) {
      const { body } = await call('POST', `${HOSTS}/h-1/uncordon`)
      expect(body.state).toBe('ACTIVE')
      expect(body).not.toHaveProperty('cordon')
    }
  })

  it.each(['replace', 'drain', 'terminate'])('have one operation at a time: %s', async (what) => {
    const { call } = await createActiveApi()
    const begun = await call('POST', `${HOSTS}/h-1/${what}`, { reason: 'to be gone' })
    expect(begun.body).toMatchObject({
      state: 'CORDONED',
      operation: { type: what.toUpperCase(), state: 'IN_PROGRESS', reason: 'to be gone', force: false },
    })
    for (const other of ['replace', 'drain', 'terminate', 'uncordon']) {
      expect((await call('POST', `${HOSTS}/h-1/${other}`)).body).toMatchObject({
        message: `An operation ${what.toUpperCase()} is under way on the host.`,
      })
    }
    // Whoever finds that the agent is silent need not wait for it any longer.
    const forced = await call('POST', `${HOSTS}/h-1/${what}`, { force: true })
    expect(forced.body).toMatchObject({ operation: { type: what.toUpperCase(), force: true } })
  })

  it.each([{ reason: '' }, { reason: 7 }, { force: 'yes' }, '[', '[]'])(
    'refuse a body such as %j',
    async (body) => {
      const { call, hosts } = await createActiveApi()
      expect((await call('POST', `${HOSTS}/h-1/drain`, body)).status).toBe(400)
      expect(await hosts.list()).toEqual([])
    },
  )

  it("are of no concern to others than the administrator's key", async () => {
    const { call, accessKeys, hosts } = await createActiveApi()
    const { accessKeyId, secretAccessKey: secret } = await accessKeys.issue(0)
    const targets = [
      ['GET', HOSTS],
      ['GET', `${HOSTS}/h-1`],
      ['POST', `${HOSTS}/h-1/cordon`],
      ['POST', `${HOSTS}/h-1/terminate`],
    ] as const
    for (const [method, target] of targets) {
      expect((await call(method, target, undefined, { accessKeyId, secret })).status).toBe(403)
      expect((await call(method, target, undefined, { peerAddress: '10.0.0.1' })).status).toBe(403)
    }
    expect(await hosts.list()).toEqual([])
  })
})
