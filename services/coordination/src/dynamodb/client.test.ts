import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { DescribeLimitsCommand } from '@aws-sdk/client-dynamodb'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { clientOf } from './client.ts'

/** Takes requests and never answers. */
const silent = createServer(() => undefined)

beforeAll(() => new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve)))
afterAll(() => {
  silent.closeAllConnections()
  silent.close()
})

it('a call that is not answered is given up, not waited for', async () => {
  const client = clientOf({
    endpoint: `http://127.0.0.1:${(silent.address() as AddressInfo).port}`,
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    maxAttempts: 1,
  })
  await expect(client.send(new DescribeLimitsCommand())).rejects.toMatchObject({ name: 'TimeoutError' })
  client.destroy()
})
