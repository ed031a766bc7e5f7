import { type Fault, pickRunning } from './fault.ts'

const DATA = '/data'
const INDEX = /\.(index|timeindex|txnindex|snapshot)$/

/** A broker comes back after kill -9, and its indexes and producer snapshots are gone: all of it can be made anew. */
export const indexLoss: Fault = {
  name: 'index-loss',
  inject(scene) {
    const machine = pickRunning(scene)
    if (machine === undefined || !scene.budget.mayKill(machine)) return undefined
    machine.stayDown()
    machine.kill()
    const { disk } = machine
    let files = 0
    for (const folder of disk.exists(DATA) ? disk.list(DATA) : []) {
      for (const name of disk.list(`${DATA}/${folder}`).filter((each) => INDEX.test(each))) {
        disk.remove(`${DATA}/${folder}/${name}`)
        files++
      }
    }
    machine.start()
    return { what: { broker: machine.id, files }, durationMs: 0, heal() {} }
  },
}
