import type { BrokerRegistration } from '../../cluster/index.ts'
import type { Runtime } from '../../runtime/types.ts'

/** `absent`: the machine answers that nobody listens there. `unknown`: silence, which proves nothing. */
export type ProbeResult = 'present' | 'absent' | 'unknown'

const PROBE_MS_MAX = 1000

/** Finds out whether a process listens where a broker should, without a word to it. */
export function probe(
  { network, timers }: Runtime,
  { endpoints: [address] }: BrokerRegistration,
): Promise<ProbeResult> {
  if (address === undefined) return Promise.resolve('unknown')
  return new Promise((resolve) => {
    const socket = network.connect(address)
    const finish = (result: ProbeResult) => {
      timer.cancel()
      resolve(result)
    }
    const timer = timers.after(PROBE_MS_MAX, () => {
      finish('unknown')
      socket.destroy()
    })
    socket.onConnect = () => {
      finish('present')
      socket.destroy()
    }
    socket.onClose = (error) => finish(isRefusal(error) ? 'absent' : 'unknown')
  })
}

function isRefusal(error: Error | undefined): boolean {
  return error !== undefined && 'code' in error && error.code === 'ECONNREFUSED'
}
