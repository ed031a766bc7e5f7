import type { CoordinationStore } from '@freshet/coordination'
import type { Timers } from '../broker-code.ts'

const LATE_EVERY = 4
const LATE_MS = 3000

/** Some appends to the store come late, as if the network had held them back. That alone harms nobody. */
export function delayAppends(store: CoordinationStore, timers: Timers): CoordinationStore {
  let count = 0
  const late = () =>
    new Promise<void>((resolve) => {
      timers.after(++count % LATE_EVERY === 0 ? LATE_MS : 0, resolve)
    })
  return {
    ...store,
    logs: {
      ...store.logs,
      async append(log, at, payloads, fence) {
        await late()
        return await store.logs.append(log, at, payloads, fence)
      },
    },
  }
}
