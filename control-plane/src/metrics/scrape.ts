/** Reads a broker's metrics over HTTP. A broker that hangs, or says too much, costs no more than its turn. */
export async function scrape(url: string, signal?: AbortSignal): Promise<string> {
  const timeout = AbortSignal.timeout(TIMEOUT_MS)
  const response = await fetch(url, { signal: signal ? AbortSignal.any([signal, timeout]) : timeout })
  if (!response.ok || response.body === null) throw new Error(`${url} answers with status ${response.status}`)
  const decoder = new TextDecoder()
  const parts: string[] = []
  let sizeBytes = 0
  for await (const chunk of response.body) {
    sizeBytes += chunk.byteLength
    if (sizeBytes > TEXT_BYTES_MAX) throw new Error(`${url} tells more than ${TEXT_BYTES_MAX} bytes`)
    parts.push(decoder.decode(chunk, { stream: true }))
  }
  return parts.join('')
}

export type Scrape = typeof scrape

const TIMEOUT_MS = 10_000
const TEXT_BYTES_MAX = 32 * 1024 * 1024
