import { connect } from 'node:net'

/**
 * Asks a broker which brokers its cluster has, as any Kafka client does: one Metadata request (version 1, no
 * topics) over a connection of its own. A whole client library would cost this process half its memory.
 */
export function brokersSeenAt(host: string, port: number, timeoutMs = 1_000): Promise<number[]> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port })
    let received = Buffer.alloc(0)
    const end = (settle: () => void) => {
      socket.destroy()
      settle()
    }
    socket.setTimeout(timeoutMs, () => end(() => reject(new Error(`no answer within ${timeoutMs} ms`))))
    socket.on('error', (error) => end(() => reject(error)))
    socket.on('close', () => reject(new Error('the connection was closed')))
    socket.on('connect', () => socket.write(metadataRequest()))
    socket.on('data', (chunk) => {
      received = Buffer.concat([received, chunk])
      const sizeBytes = received.length < 4 ? undefined : received.readInt32BE(0)
      if (sizeBytes !== undefined && (sizeBytes < 8 || sizeBytes > MAX_RESPONSE_BYTES)) {
        end(() => reject(new Error(`an answer of ${sizeBytes} bytes`)))
      } else if (sizeBytes !== undefined && received.length >= 4 + sizeBytes) {
        end(() => settleWith(received.subarray(4, 4 + sizeBytes), resolve, reject))
      }
    })
  })
}

const METADATA = 3
const VERSION = 1
const CORRELATION_ID = 1
const MAX_RESPONSE_BYTES = 1024 * 1024

function metadataRequest(): Buffer {
  const clientId = Buffer.from('freshet-control-plane')
  const request = Buffer.alloc(4 + 2 + 2 + 4 + 2 + clientId.length + 4)
  let at = request.writeInt32BE(request.length - 4)
  at = request.writeInt16BE(METADATA, at)
  at = request.writeInt16BE(VERSION, at)
  at = request.writeInt32BE(CORRELATION_ID, at)
  at = request.writeInt16BE(clientId.length, at)
  at += clientId.copy(request, at)
  request.writeInt32BE(0, at) // An empty array of topics: none, only the brokers.
  return request
}

function settleWith(body: Buffer, resolve: (ids: number[]) => void, reject: (error: Error) => void): void {
  try {
    resolve(brokerIds(body))
  } catch (error) {
    reject(new Error('a malformed answer', { cause: error }))
  }
}

/** Correlation id, then brokers: node id, host, port, rack (nullable). Reading beyond the end throws. */
function brokerIds(body: Buffer): number[] {
  if (body.readInt32BE(0) !== CORRELATION_ID) throw new Error('an answer to something else')
  const ids: number[] = []
  const count = body.readInt32BE(4)
  let at = 8
  for (let index = 0; index < count; index++) {
    ids.push(body.readInt32BE(at))
    at += 4
    at += 2 + body.readInt16BE(at)
    at += 4
    at += 2 + Math.max(0, body.readInt16BE(at))
  }
  return ids
}
