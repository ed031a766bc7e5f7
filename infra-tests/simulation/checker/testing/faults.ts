/**
 * What a faulty cluster would have shown: each turns a clean history into one with a single fault, or into nothing
 * if the history has no place for it, and names the verdicts of which one at least has to fall.
 */
import type { Random } from '../../../support/random.ts'
import type { History, HistoryEvent } from '../history.ts'
import { buildModel } from '../model/build.ts'
import type { Model } from '../model/types.ts'
import type { VerdictName } from '../verdict.ts'
import { clientFaults } from './client-faults.ts'
import { recordFaults } from './record-faults.ts'

export interface Fault {
  readonly name: string
  readonly verdicts: readonly VerdictName[]
  inject(scene: Scene): HistoryEvent[] | undefined
}

export interface Scene {
  readonly history: History
  readonly model: Model
  readonly random: Random
}

export const faults: readonly Fault[] = [...recordFaults, ...clientFaults]

export function inject(fault: Fault, history: History, random: Random): HistoryEvent[] | undefined {
  return fault.inject({ history, model: buildModel(history), random })
}
