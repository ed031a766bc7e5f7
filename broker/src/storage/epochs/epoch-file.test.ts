import fc from 'fast-check'
import { expect, test } from 'vitest'
import { MemoryDisk } from '../../runtime/memory-disk.ts'
import { decodeEpochCheckpoint } from '../log-dir/checkpoint-file.ts'
import { extendStoredEpochs, storeEpochs } from './epoch-file.ts'
import { type EpochEntry, LeaderEpochs } from './leader-epochs.ts'

const PATH = '/log/leader-epoch-checkpoint'

const histories = fc
  .array(
    fc.record({ epochs: fc.integer({ min: 1, max: 1000 }), records: fc.integer({ min: 1, max: 1000 }) }),
    {
      minLength: 1,
      maxLength: 120,
    },
  )
  .map((steps) => {
    let epoch = -1
    let startOffset = 0
    return steps.map((step): EpochEntry => {
      epoch += step.epochs
      const entry = { epoch, startOffset }
      startOffset += step.records
      return entry
    })
  })

function diskWith(entries: readonly EpochEntry[]): MemoryDisk {
  const disk = new MemoryDisk()
  disk.makeFolder('/log')
  storeEpochs(disk, '/log', new LeaderEpochs(entries))
  return disk
}

test('a checkpoint that is extended has all its entries', () => {
  fc.assert(
    fc.property(histories, fc.nat(), (entries, choice) => {
      const disk = diskWith(entries.slice(0, choice % entries.length))
      extendStoredEpochs(disk, '/log', new LeaderEpochs(entries))
      expect(decodeEpochCheckpoint(disk.readFile(PATH))).toEqual(entries)
    }),
  )
})

test('an extension that is cut short leaves the old entries, or what is seen to be no checkpoint', () => {
  fc.assert(
    fc.property(histories, fc.nat(), fc.nat(), (entries, choice, cut) => {
      const before = entries.slice(0, choice % entries.length)
      const old = diskWith(before).readFile(PATH)
      const whole = diskWith(entries).readFile(PATH)
      const written = cut % whole.length
      const torn = Buffer.concat([whole.subarray(0, written), old.subarray(written)])
      const decoded = decodeEpochCheckpoint(torn)
      if (decoded !== undefined) expect(decoded).toEqual(before)
    }),
  )
})
