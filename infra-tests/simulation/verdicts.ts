/** What is wrong with a history, one line each. */
import { check, isViolation } from './checker/check.ts'
import type { History } from './checker/history.ts'

/** After the last fault, with sessions and time-outs to run out first. */
const LIVENESS_MS = 60_000
const CASES_MAX = 3

export function verdictsOf(history: History): string[] {
  return check(history, { livenessMs: LIVENESS_MS, maxCases: CASES_MAX })
    .filter(isViolation)
    .flatMap(({ name, count, cases }) =>
      cases.map(({ subject, explanation }) => `${name} (${count}): ${subject}: ${explanation}`),
    )
}
