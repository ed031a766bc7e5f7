import { describe, expect, it } from 'vitest'
import { createActiveApi } from '../../testing/active-api.ts'
import { createTestApi } from '../../testing/signed-client.ts'
import { pageOf } from './pages.ts'

const page = { maxResults: 2, after: undefined, list: 'list' }

describe('a page', () => {
  it.each(['ASCENDING', 'DESCENDING'] as const)('goes on behind an item that has gone: %s', (order) => {
    const items = ['a', 'b', 'c', 'd', 'e']
    const sorted = order === 'ASCENDING' ? items : items.toReversed()
    const first = pageOf(sorted, page, (item) => item, order)
    expect(first).toEqual({ items: sorted.slice(0, 2), nextToken: expect.any(String) })
    const left = sorted.filter((item) => item !== first.items[1])
    const next = pageOf(left, { ...page, after: first.items[1] }, (item) => item, order)
    expect(next.items).toEqual(sorted.slice(2, 4))
    const last = pageOf(left, { ...page, after: sorted[4] }, (item) => item, order)
    expect(last).toEqual({ items: [], nextToken: undefined })
  })

  it('is only taken from a sorted list', () => {
    expect(() => pageOf(['b', 'a'], page, (item) => item)).toThrow('sorted')
  })
})

describe('a nextToken', () => {
  it('still leads on when its configuration was deleted', async () => {
    const { call } = createTestApi()
    const serverProperties = Buffer.from('num.partitions=3').toString('base64')
    const arns: string[] = []
    for (const name of ['c1', 'c2', 'c3']) {
      const { body } = await call('POST', '/v1/configurations', { name, serverProperties })
      arns.push(String(body.arn))
    }
    const first = await call('GET', '/v1/configurations?maxResults=2')
    await call('DELETE', `/v1/configurations/${encodeURIComponent(arns[1]!)}`)
    const rest = await call('GET', `/v1/configurations?maxResults=2&nextToken=${first.body.nextToken}`)
    expect(rest.body.configurations).toMatchObject([{ name: 'c3' }])
  })

  it('leads into no other list, nor into the same one with other filters', async () => {
    const api = await createActiveApi()
    const { body } = await api.get('/nodes?maxResults=1')
    const clusters = await api.call('GET', '/api/v2/clusters?maxResults=1')
    const token = String(body.nextToken)
    expect((await api.get(`/nodes?nextToken=${token}`)).body.nodeInfoList).toHaveLength(2)
    for (const target of [
      `${api.path}/operations?nextToken=${token}`,
      `/v1/kafka-versions?nextToken=${token}`,
      `/api/v2/clusters?nextToken=${token}`,
      `/api/v2/clusters?clusterNameFilter=o&nextToken=${clusters.body.nextToken}`,
    ]) {
      const answer = await api.call('GET', target)
      expect([answer.status, answer.body.invalidParameter]).toEqual([400, 'nextToken'])
    }
  })

  it('may name what has a long name', async () => {
    const secret = { clientAuthentication: { sasl: { scram: { enabled: true } } } }
    const api = await createActiveApi(secret)
    const secretArnList = ['a', 'b'].map(
      (name) => `arn:aws:secretsmanager:us-east-1:000000000000:secret:AmazonMSK_${name.repeat(490)}-a1B2c3`,
    )
    expect((await api.post('/scram-secrets', { secretArnList })).body.unprocessedScramSecrets).toEqual([])
    const { body } = await api.get('/scram-secrets?maxResults=1')
    const rest = await api.get(`/scram-secrets?nextToken=${body.nextToken}`)
    expect(rest.body.secretArnList).toEqual(secretArnList.slice(1))
  })
})
