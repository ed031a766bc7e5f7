/**
 * G1c, circular information flow: transactions read each other's writes in a circle, at read_committed. In one
 * recorded order of events this cannot happen without a precommitted-read, which shows where it began.
 */
import type { VerdictCheck } from '../verdict.ts'
import { reportCycles } from './cycles.ts'
import { writeReadDependencies } from './dependencies.ts'

export const circularInformation: VerdictCheck = {
  name: 'G1c',
  meaning: "transactions read each other's writes in a circle",
  find(model, report) {
    reportCycles(writeReadDependencies(model), report)
  },
}
