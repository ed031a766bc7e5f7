import type { Address, Network, Timers } from '../../runtime/types.ts'

/** `absent`: the machine answers that nobody listens there. `unknown`: silence, which proves nothing. */
export type ProbeResult = 'present' | 'absent' | 'unknown'

const PROBE_MS_MAX = 1000

/** Finds out whether a process listens at an address, without a word to it. */
export function probe(network: Network, timers: Timers, address: Address): Promise<ProbeResult> {
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
