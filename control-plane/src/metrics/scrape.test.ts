import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { scrape } from './scrape.ts'

let server: Server
let base: string

beforeAll(async () => {
  server = createServer((request, response) => {
    if (request.url === '/metrics') response.end('grün 1\n')
    else if (request.url === '/endless') response.end(Buffer.alloc(33 * 1024 * 1024, 'a'))
    else response.writeHead(500).end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterAll(() => server.close())

it('reads the text', async () => {
  expect(await scrape(`${base}/metrics`)).toBe('grün 1\n')
})

it('refuses what is no answer, and what has no end', async () => {
  await expect(scrape(`${base}/broken`)).rejects.toThrow('500')
  await expect(scrape(`${base}/endless`)).rejects.toThrow('more than')
})
