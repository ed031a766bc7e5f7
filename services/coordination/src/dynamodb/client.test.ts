import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { DescribeLimitsCommand, ListTablesCommand } from '@aws-sdk/client-dynamodb'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { clientOf } from './client.ts'

/** Never answers; or begins an answer that it never ends. */
const server = createServer(({ headers }, response) => {
  if (headers['x-amz-target']?.toString().endsWith('ListTables')) return
  response.writeHead(200, { 'content-type': 'application/x-amz-json-1.0' })
  response.write('{')
})

beforeAll(() => new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve)))
afterAll(() => {
  server.closeAllConnections()
  server.close()
})

it.each([new ListTablesCommand(), new DescribeLimitsCommand()])(
  'a call that is not answered, or not to the end, is given up',
  async (command) => {
    const client = clientOf({
      endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      region: 'us-east-1',
      credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
      maxAttempts: 1,
    })
    await expect(client.send(command)).rejects.toThrow(/timed? ?out|exceeded/i)
    client.destroy()
  },
)
