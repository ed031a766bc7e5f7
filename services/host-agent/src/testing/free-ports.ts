/**
 * For tests: ports on loopback, all different, that were free a moment ago and remain so until they are used. Linux gives
 * them to nobody who asks for any port or connects to one, and the service gives them to no broker.
 */
import { createServer } from 'node:net'
import { hasCode } from '../process-identity.ts'

const FIRST = 29_100
const LAST = 32_767
/** Processes that test at the same time were started one after the other: each begins this far from the next. */
const PER_PROCESS = 199

let next = (process.pid * PER_PROCESS) % (LAST - FIRST + 1)

export async function freePorts(count: number): Promise<number[]> {
  const ports: number[] = []
  while (ports.length < count) {
    const port = FIRST + next
    next = (next + 1) % (LAST - FIRST + 1)
    if (await isFree(port)) ports.push(port)
  }
  return ports
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', (error) => (hasCode(error, 'EADDRINUSE') ? resolve(false) : reject(error)))
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
  })
}
