import { holdsBatch, sizeInBytes } from '@freshet/broker/wire'
import { type Fault, pickRunning, someTime } from './fault.ts'

/**
 * One bit of what a broker reads from a log is wrong. Not in the first bytes of a batch, which no checksum covers: those
 * the format itself cannot protect.
 */
export const bitFlip: Fault = {
  name: 'bit-flip',
  needsReplicas: true,
  inject(scene) {
    const machine = pickRunning(scene)
    if (machine === undefined || !scene.budget.mayHarmDisk(machine)) return undefined
    scene.budget.harmDisk(machine)
    const heal = machine.disk.flipBitOnRead(/\.log$/, scene.dice.random, isChecked)
    const restart = () => {
      heal()
      // A log whose broker met the bit itself, as the cleaner does, stays offline until the broker starts anew.
      if (!machine.logs?.all().some(({ failure }) => failure !== undefined)) return
      machine.kill()
      machine.start()
    }
    return { what: { broker: machine.id }, durationMs: someTime(scene.dice, 2000), heal: restart }
  },
}

/** Base offset, length, leader epoch, magic and the checksum itself. */
const UNCHECKED_BYTES = 21

function isChecked(bytes: Buffer, position: number): boolean {
  for (let at = 0; holdsBatch(bytes, at); at += sizeInBytes(bytes, at)) {
    if (position < at + sizeInBytes(bytes, at)) return position >= at + UNCHECKED_BYTES
  }
  return false
}
