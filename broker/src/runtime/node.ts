import { nodeCodecs } from './codecs/node-codecs.ts'
import { nodeClock, nodeRandom, nodeTimers } from './node-clock.ts'
import { nodeDisk } from './node-disk.ts'
import { nodeNetwork } from './node-network.ts'
import type { Runtime } from './types.ts'

/** The runtime of a real process. */
export const nodeRuntime: Runtime = {
  clock: nodeClock,
  timers: nodeTimers,
  random: nodeRandom,
  disk: nodeDisk,
  network: nodeNetwork,
  codecs: nodeCodecs,
}
