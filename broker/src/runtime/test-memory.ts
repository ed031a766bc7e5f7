/** For tests: what is still there once all garbage is collected. */
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

export function livingBufferBytes(): number {
  collect()
  // What the first collection found dead may be given back behind it; the next one waits for that.
  collect()
  return process.memoryUsage().arrayBuffers
}
