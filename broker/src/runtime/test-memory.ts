/** For tests: what is still there once all garbage is collected, and what a program makes old. */
import { getHeapSpaceStatistics, setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as (options?: { readonly type: 'minor' }) => void

export function livingBufferBytes(): number {
  collect()
  // What the first collection found dead may be given back behind it; the next one waits for that.
  collect()
  return process.memoryUsage().arrayBuffers
}

/** How much more there is in V8's old space after `task`, which minor collections alone cannot free. */
export function grownOldBytes(task: () => void): number {
  collect()
  const before = oldBytes()
  task()
  // What survives one is still young.
  collect({ type: 'minor' })
  collect({ type: 'minor' })
  return oldBytes() - before
}

function oldBytes(): number {
  const oldSpace = getHeapSpaceStatistics().find(({ space_name }) => space_name === 'old_space')
  if (oldSpace === undefined) throw new Error('V8 has no old space')
  return oldSpace.space_used_size
}
