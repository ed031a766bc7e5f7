import { createServer } from 'node:http'
import type { Address } from './types.ts'

export interface HttpAnswer {
  readonly contentType: string
  readonly text: string
}

/** Serves texts by path to whoever asks with GET. Rejects with code EADDRINUSE if the port is taken. */
export function serveHttp(
  { host, port }: Address,
  pages: Readonly<Record<string, () => Promise<HttpAnswer>>>,
  onError: (error: unknown) => void,
): Promise<Address> {
  const server = createServer((request, response) => {
    const page = pages[new URL(request.url ?? '/', 'http://localhost').pathname]
    if (page === undefined || request.method !== 'GET') {
      response.writeHead(page === undefined ? 404 : 405).end()
      return
    }
    page().then(
      ({ contentType, text }) => response.writeHead(200, { 'content-type': contentType }).end(text),
      (error) => {
        onError(error)
        response.writeHead(500).end()
      },
    )
  })
  // Whoever watches must not keep a broker alive that has stopped.
  server.unref()
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen({ host, port }, () => {
      server.off('error', reject)
      server.on('error', onError)
      const bound = server.address()
      resolve({ host, port: typeof bound === 'object' && bound !== null ? bound.port : port })
    })
  })
}
