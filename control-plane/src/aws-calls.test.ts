import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { DescribeVolumesCommand, EC2Client } from '@aws-sdk/client-ec2'
import { expect, it, onTestFinished } from 'vitest'
import { limitedCalls } from './aws-calls.ts'

it.each(['that is not answered', 'whose answer does not end'])(
  'a call %s is made three times and given up',
  async (what) => {
    const server = createServer((_request, response) => {
      if (what === 'whose answer does not end') response.writeHead(200).write('<')
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const client = new EC2Client({
      ...limitedCalls(100),
      region: 'us-east-1',
      endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    })
    onTestFinished(() => {
      client.destroy()
      server.closeAllConnections()
      server.close()
    })
    // Counted by the client: on a busy machine the time may be over before the server has heard of a call.
    await expect(client.send(new DescribeVolumesCommand())).rejects.toMatchObject({
      message: expect.stringMatching(/timed? ?out|exceeded/i),
      $metadata: { attempts: 3 },
    })
  },
)
