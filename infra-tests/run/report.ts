/** Reads the JSON report of a vitest run. */
import { existsSync, readFileSync } from 'node:fs'

export interface Totals {
  readonly passed: number
  readonly failed: number
  readonly skipped: number
}

export interface Report {
  readonly totals: Totals
  /** Names of the suites that did not run, each with its reason. */
  readonly skippedSuites: string[]
}

export const noTotals: Totals = { passed: 0, failed: 0, skipped: 0 }

export function addTotals(a: Totals, b: Totals): Totals {
  return { passed: a.passed + b.passed, failed: a.failed + b.failed, skipped: a.skipped + b.skipped }
}

/** Undefined when the run ended before it could write a report. */
export function readReport(path: string): Report | undefined {
  if (!existsSync(path)) return undefined
  return summarizeReport(JSON.parse(readFileSync(path, 'utf8')) as VitestReport)
}

export function summarizeReport(report: VitestReport): Report {
  let totals = noTotals
  const skippedSuites = new Set<string>()
  for (const file of report.testResults) {
    // A file that cannot be loaded has no tests: it is one failure of its own.
    if (file.status === 'failed' && file.assertionResults.every((test) => test.status !== 'failed')) {
      totals = addTotals(totals, { ...noTotals, failed: 1 })
    }
    for (const test of file.assertionResults) {
      totals = addTotals(totals, countOf(test.status))
      if (isSkipped(test.status)) skippedSuites.add(test.ancestorTitles[0] ?? test.title)
    }
  }
  return { totals, skippedSuites: [...skippedSuites] }
}

export interface VitestReport {
  readonly testResults: readonly {
    readonly status: string
    readonly assertionResults: readonly {
      readonly status: string
      readonly title: string
      readonly ancestorTitles: readonly string[]
    }[]
  }[]
}

function countOf(status: string): Totals {
  if (status === 'passed') return { ...noTotals, passed: 1 }
  return isSkipped(status) ? { ...noTotals, skipped: 1 } : { ...noTotals, failed: 1 }
}

function isSkipped(status: string): boolean {
  return status === 'skipped' || status === 'pending' || status === 'todo' || status === 'disabled'
}
