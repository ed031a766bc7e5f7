/** Whether a broker serves: it answers an ApiVersions request of version 0, the oldest that every broker knows. */
import { connect } from 'node:net'

const CORRELATION_ID = 1
// size 10, api key 18, version 0, correlation id 1, null client id
const REQUEST = Buffer.from('0000000a0012000000000001ffff', 'hex')
const TIMEOUT_MS = 2_000

export function probe(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    let received = Buffer.alloc(0)
    const socket = connect({ host, port })
    const finish = (serves: boolean) => {
      socket.destroy()
      resolve(serves)
    }
    socket.setTimeout(TIMEOUT_MS, () => finish(false))
    socket.on('connect', () => socket.write(REQUEST))
    socket.on('error', () => finish(false))
    socket.on('close', () => finish(false))
    socket.on('data', (chunk) => {
      received = Buffer.concat([received, chunk])
      // Size and correlation id are enough; the rest of the answer is of no interest.
      if (received.length >= 8)
        finish(received.readInt32BE(0) >= 4 && received.readInt32BE(4) === CORRELATION_ID)
    })
  })
}

/** Where to reach a broker with these listeners from its own host. */
export function probeHost(listeners: string | undefined): string {
  const [, inBrackets, plain] = /^[^:]+:\/\/(?:\[([^\]]*)\]|([^:]*)):\d+/.exec(listeners ?? '') ?? []
  const host = inBrackets ?? plain
  return host === undefined || host === '' || host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host
}
