/** CloudWatch as far as a sender of metrics knows it: PutMetricData in AWS's JSON protocol, as the SDK sends it. */
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { gunzipSync } from 'node:zlib'

export interface PutMetric {
  readonly namespace: string
  readonly name: string
  readonly dimensions: Readonly<Record<string, string>>
  readonly value: number
  readonly unit: string
}

export interface FakeCloudWatch {
  readonly url: string
  readonly metrics: readonly PutMetric[]
  close(): void
}

export async function startFakeCloudWatch(): Promise<FakeCloudWatch> {
  const metrics: PutMetric[] = []
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const sent = Buffer.concat(chunks)
    const body = request.headers['content-encoding'] === 'gzip' ? gunzipSync(sent) : sent
    const isPut = String(request.headers['x-amz-target']).endsWith('.PutMetricData')
    if (isPut) metrics.push(...parsePut(JSON.parse(body.toString()) as PutRequest))
    response.writeHead(isPut ? 200 : 400, { 'content-type': 'application/x-amz-json-1.0' }).end('{}')
  })
  const { port } = await listen(server)
  return { url: `http://127.0.0.1:${port}`, metrics, close: () => server.close() }
}

interface PutRequest {
  readonly Namespace: string
  readonly MetricData: readonly {
    readonly MetricName: string
    readonly Dimensions?: readonly { readonly Name: string; readonly Value: string }[]
    readonly Value: number
    readonly Unit: string
  }[]
}

function parsePut({ Namespace, MetricData }: PutRequest): PutMetric[] {
  return MetricData.map(({ MetricName, Dimensions = [], Value, Unit }) => ({
    namespace: Namespace,
    name: MetricName,
    dimensions: Object.fromEntries(Dimensions.map((dimension) => [dimension.Name, dimension.Value])),
    value: Value,
    unit: Unit,
  }))
}

function listen(server: Server): Promise<AddressInfo> {
  return new Promise((resolve) =>
    server.listen(0, '127.0.0.1', () => resolve(server.address() as AddressInfo)),
  )
}
