/**
 * G0, write cycle: two transactions wrote to two partitions in opposite orders. Allowed: Kafka's transactions do not
 * isolate writes.
 */
import type { VerdictCheck } from '../verdict.ts'
import { reportCycles } from './cycles.ts'
import { writeWriteDependencies } from './dependencies.ts'

export const writeCycle: VerdictCheck = {
  name: 'G0',
  meaning: 'transactions wrote to partitions in opposite orders',
  allowed: true,
  find(model, report) {
    reportCycles(writeWriteDependencies(model), report)
  },
}
