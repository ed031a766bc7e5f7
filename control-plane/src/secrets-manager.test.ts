import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, it, onTestFinished } from 'vitest'
import { secretsManager } from './secrets-manager.ts'

const credentials = { accessKeyId: 'test', secretAccessKey: 'test' }

it('reads the text of a secret', async () => {
  const { endpoint, asked } = await serving(200, { SecretString: 'text' })
  const fetch = secretsManager({ region: 'us-east-1', endpoint, credentials })
  expect(await fetch('arn:aws:secretsmanager:us-east-1:123456789012:secret:a')).toBe('text')
  expect(asked).toEqual([{ SecretId: 'arn:aws:secretsmanager:us-east-1:123456789012:secret:a' }])
})

it('says which secret cannot be read, and why', async () => {
  const { endpoint } = await serving(400, { __type: 'ResourceNotFoundException', message: 'There is none.' })
  await expect(secretsManager({ region: 'us-east-1', endpoint, credentials })('a')).rejects.toThrow(
    'The secret a cannot be read: ResourceNotFoundException: There is none.',
  )
  const binary = await serving(200, { SecretBinary: 'AAAA' })
  await expect(
    secretsManager({ region: 'us-east-1', endpoint: binary.endpoint, credentials })('a'),
  ).rejects.toThrow('The secret a cannot be read: Error: it is not a text')
})

it('waits for the credentials of an instance whose profile comes late, but not for ever', async () => {
  const { endpoint } = await serving(200, { SecretString: 'text' })
  let missing = 1
  const late = async () => {
    if (missing-- <= 0) return credentials
    throw Object.assign(new Error('no profile yet'), { name: 'CredentialsProviderError' })
  }
  expect(await secretsManager({ region: 'us-east-1', endpoint, credentials: late })('a')).toBe('text')
  missing = Number.POSITIVE_INFINITY
  const impatient = secretsManager({ region: 'us-east-1', endpoint, credentials: late }, 0)
  await expect(impatient('a')).rejects.toThrow('CredentialsProviderError: no profile yet')
})

async function serving(status: number, answer: object) {
  const asked: unknown[] = []
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(Buffer.from(chunk))
    asked.push(JSON.parse(Buffer.concat(chunks).toString()))
    response.writeHead(status, { 'content-type': 'application/x-amz-json-1.1' }).end(JSON.stringify(answer))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return { endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked }
}
