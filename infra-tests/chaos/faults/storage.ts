/** Faults of what the brokers write to: a disk without room, and a coordination store that is out of reach. */
import { DatabaseSync } from 'node:sqlite'
import { sleep } from '../../support/wait.ts'
import type { Fault } from './fault.ts'

export const diskFull: Fault = {
  name: 'disk-full',
  needs: 'mounts',
  async strike({ cluster, random, tell }) {
    const victim = random.pick(cluster.machines)
    tell(`fills the disk of broker ${victim.id}`)
    victim.fillDisk()
    await sleep(random.pick([500, 3_000]))
    victim.emptyDisk()
    await cluster.awaitMembers()
  },
}

/** Another process holds the lock of the store's file: nobody can renew a lease or change metadata. */
export const storeLocked: Fault = {
  name: 'store-locked',
  async strike({ cluster, random, tell }) {
    const durationMs = random.pick([500, 3_000])
    tell(`locks the coordination store for ${durationMs} ms`)
    const store = new DatabaseSync(cluster.coordinationFile)
    try {
      store.exec('PRAGMA busy_timeout = 5000')
      store.exec('BEGIN IMMEDIATE')
      await sleep(durationMs)
      store.exec('ROLLBACK')
    } finally {
      store.close()
    }
    await cluster.awaitMembers()
  },
}

/** One broker, mostly the controller, does not reach the store, and all others do. */
export const storeCut: Fault = {
  name: 'store-cut',
  needsStoreSwitch: true,
  async strike({ cluster, random, tell }) {
    const controller = random.below(4) > 0 ? await cluster.controller() : undefined
    const victim = controller ?? random.pick(cluster.machines)
    const durationMs = random.pick([1_000, 4_000, 8_000])
    tell(`cuts broker ${victim.id} off from the coordination store for ${durationMs} ms`)
    victim.cutStore()
    await sleep(durationMs)
    victim.restoreStore()
    await cluster.awaitMembers()
  },
}
