import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, it, onTestFinished } from 'vitest'
import { openZone } from './route53.ts'

const NAME = 'control-plane.freshet.internal'
const recordSet = (name: string, ttl: number) =>
  `<ResourceRecordSet><Name>${name}.</Name><Type>A</Type><TTL>${ttl}</TTL><ResourceRecords><ResourceRecord><Value>10.0.0.7</Value></ResourceRecord></ResourceRecords></ResourceRecordSet>`

it('reads the record of that name, not the one that comes behind it', async () => {
  expect(await (await route53(recordSet(NAME, 15))).zone.read(NAME)).toEqual(['10.0.0.7'])
  expect(await (await route53(recordSet(`x${NAME}`, 15))).zone.read(NAME)).toBeUndefined()
  const { zone, requests } = await route53('')
  expect(await zone.read(NAME)).toBeUndefined()
  expect(requests[0]).toMatch(
    /^GET \/2013-04-01\/hostedzone\/Z1\/rrset\?.*name=control-plane.freshet.internal/,
  )
})

it('writes and removes it', async () => {
  const { zone, requests } = await route53('')
  await zone.write(NAME, ['10.0.0.7', '10.0.1.7'])
  await zone.remove(NAME, ['10.0.0.7'])
  expect(requests[0]).toContain('<Action>UPSERT</Action>')
  expect(requests[0]).toContain(`<Name>${NAME}</Name>`)
  expect(requests[0]).toContain('<Value>10.0.1.7</Value>')
  expect(requests[1]).toContain('<Action>DELETE</Action>')
})

/** Answers as Route 53 does. */
async function route53(records: string) {
  const requests: string[] = []
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(Buffer.from(chunk))
    requests.push(`${request.method} ${request.url} ${Buffer.concat(chunks)}`)
    response.writeHead(200, { 'content-type': 'text/xml' })
    response.end(
      request.method === 'GET'
        ? `<ListResourceRecordSetsResponse xmlns="https://route53.amazonaws.com/doc/2013-04-01/"><ResourceRecordSets>${records}</ResourceRecordSets><IsTruncated>false</IsTruncated><MaxItems>1</MaxItems></ListResourceRecordSetsResponse>`
        : '<ChangeResourceRecordSetsResponse xmlns="https://route53.amazonaws.com/doc/2013-04-01/"><ChangeInfo><Id>/change/C1</Id><Status>PENDING</Status><SubmittedAt>2026-11-21T08:00:00Z</SubmittedAt></ChangeInfo></ChangeResourceRecordSetsResponse>',
    )
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  })
  const { port } = server.address() as AddressInfo
  const zone = openZone('Z1', {
    region: 'us-east-1',
    endpoint: `http://127.0.0.1:${port}`,
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  })
  return { zone, requests }
}
