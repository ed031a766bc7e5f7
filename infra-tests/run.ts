/**
 * `npm test`: every stage to its end, one line per stage. `npm test -- unit tidy` runs only those.
 * The last line is the sum over all tests. A skipped suite is shown with its reason; under CI it is a failure.
 */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { addTotals, noTotals, type Totals } from './run/report.ts'
import { rows, runStage, type Stage, type StageResult } from './run/stages.ts'

const root = join(import.meta.dirname, '..')
const reportFolder = join(root, 'node_modules', '.cache', 'freshet-tests')
const strict = process.env.CI === 'true'

process.exitCode = await main(process.argv.slice(2))

async function main(wanted: string[]): Promise<number> {
  const names = rows.flat(2).map((stage) => stage.name)
  const unknown = wanted.filter((name) => !names.includes(name))
  if (unknown.length > 0) {
    console.error(`No such stage: ${unknown.join(', ')}. Stages: ${names.join(', ')}`)
    return 2
  }
  mkdirSync(reportFolder, { recursive: true })
  const results: StageResult[] = []
  for (const row of rows) {
    const lanes = row
      .map((lane) => lane.filter(({ name }) => wanted.length === 0 || wanted.includes(name)))
      .filter((lane) => lane.length > 0)
    const byLane = await Promise.all(lanes.map((lane, index) => runLane(lane, index > 0)))
    results.push(...byLane.flat())
  }
  return summarize(results)
}

async function runLane(lane: readonly Stage[], isBeside: boolean): Promise<StageResult[]> {
  const results: StageResult[] = []
  for (const stage of lane) {
    const result = await runStage(stage, { root, reportFolder, strict, isBeside })
    results.push(result)
    console.log(lineOf(result))
  }
  return results
}

function summarize(results: StageResult[]): number {
  console.log('\nSummary')
  for (const result of results) console.log(`  ${lineOf(result)}`)
  const skipped = results.flatMap((result) => result.skippedSuites)
  if (skipped.length > 0) {
    console.log(strict ? '\nSkipped (a failure under CI)' : '\nSkipped')
    for (const suite of skipped) console.log(`  ${suite}`)
  }
  const totals = results.reduce<Totals>((sum, result) => addTotals(sum, result.totals), noTotals)
  const tail = totals.skipped > 0 ? `, ${totals.skipped} skipped` : ''
  console.log(`\n${totals.passed} passed, ${totals.failed} failed${tail}`)
  return results.every((result) => result.ok) ? 0 : 1
}

function lineOf(result: StageResult): string {
  const seconds = (result.elapsedMs / 1000).toFixed(1).padStart(6)
  const { passed, failed, skipped } = result.totals
  const counts = passed + failed + skipped > 0 ? `${passed} passed, ${failed} failed, ${skipped} skipped` : ''
  return `${result.ok ? 'ok    ' : 'FAILED'} ${result.name.padEnd(12)} ${seconds} s  ${counts}`.trimEnd()
}
