/** Route 53 as far as the control plane's record of itself knows it: A records of one hosted zone, in AWS's XML. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface FakeRoute53 {
  readonly url: string
  /** Addresses by name. */
  readonly records: ReadonlyMap<string, readonly string[]>
  close(): void
}

export async function startFakeRoute53(): Promise<FakeRoute53> {
  const records = new Map<string, readonly string[]>()
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(Buffer.from(chunk))
    const body = Buffer.concat(chunks).toString('utf8')
    response.writeHead(200, { 'content-type': 'text/xml' })
    response.end(request.method === 'POST' ? change(body, records) : list(records))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    records,
    close() {
      server.closeAllConnections()
      server.close()
    },
  }
}

function change(body: string, records: Map<string, readonly string[]>): string {
  const [, action = ''] = /<Action>(\w+)<\/Action>/.exec(body) ?? []
  const [, name = ''] = /<Name>([^<]+)<\/Name>/.exec(body) ?? []
  const addresses = [...body.matchAll(/<Value>([^<]+)<\/Value>/g)].map(([, value = '']) => value)
  if (action === 'DELETE') records.delete(name)
  else records.set(name, addresses)
  return `<ChangeResourceRecordSetsResponse ${XMLNS}><ChangeInfo><Id>/change/C1</Id><Status>PENDING</Status><SubmittedAt>2026-11-21T08:00:00Z</SubmittedAt></ChangeInfo></ChangeResourceRecordSetsResponse>`
}

function list(records: ReadonlyMap<string, readonly string[]>): string {
  const sets = [...records].map(([name, addresses]) => {
    const values = addresses.map((address) => `<ResourceRecord><Value>${address}</Value></ResourceRecord>`)
    return `<ResourceRecordSet><Name>${name}.</Name><Type>A</Type><TTL>15</TTL><ResourceRecords>${values.join('')}</ResourceRecords></ResourceRecordSet>`
  })
  return `<ListResourceRecordSetsResponse ${XMLNS}><ResourceRecordSets>${sets.join('')}</ResourceRecordSets><IsTruncated>false</IsTruncated><MaxItems>1</MaxItems></ListResourceRecordSetsResponse>`
}

const XMLNS = 'xmlns="https://route53.amazonaws.com/doc/2013-04-01/"'
