/**
 * G1c-ww: a cycle that takes both ww and wr dependencies, such as: a wrote before b, then read what b committed.
 * Allowed, as G0 is: writes are not isolated.
 */
import type { VerdictCheck } from '../verdict.ts'
import { reportCycles } from './cycles.ts'
import { merged, writeReadDependencies, writeWriteDependencies } from './dependencies.ts'

export const writeReadCycle: VerdictCheck = {
  name: 'G1c-ww',
  meaning: 'a cycle of reads and of the order of writes',
  allowed: true,
  find(model, report) {
    const reads = writeReadDependencies(model)
    if (reads.size > 0) reportCycles(merged(reads, writeWriteDependencies(model)), report, 'wr')
  },
}
