/**
 * The checker: a pure function from a history to verdicts, after the Kafka workload of Jepsen. No verdict that is
 * not `allowed` may come from a correct cluster, whatever the faults.
 */
import type { History } from './history.ts'
import { buildModel } from './model/build.ts'
import type { Model } from './model/types.ts'
import type { CheckOptions, Verdict, VerdictCase, VerdictCheck } from './verdict.ts'
import { verdictChecks } from './verdicts/index.ts'

const defaults: CheckOptions = {
  livenessMs: 30_000,
  transactionGraceMs: 20_000,
  deliveryCountMax: 10,
  maxCases: 10,
}

export function check(history: History, options: Partial<CheckOptions> = {}): Verdict[] {
  const model = buildModel(history)
  return verdictChecks.flatMap((one) => judge(one, model, { ...defaults, ...options }))
}

export function isViolation(verdict: Verdict): boolean {
  return !verdict.allowed
}

function judge(one: VerdictCheck, model: Model, options: CheckOptions): Verdict[] {
  let count = 0
  const cases: VerdictCase[] = []
  one.find(
    model,
    (subject, evidence, explain) => {
      count++
      if (cases.length >= options.maxCases) return
      const given = typeof evidence === 'function' ? evidence() : evidence
      const places = new Set(given.filter((at) => Number.isFinite(at) && at >= 0))
      cases.push({
        subject,
        explanation: explain(),
        evidence: [...places].sort((left, right) => left - right),
      })
    },
    options,
  )
  if (count === 0) return []
  return [{ name: one.name, meaning: one.meaning, allowed: one.allowed ?? false, count, cases }]
}
