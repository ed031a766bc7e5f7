/** The stages of `npm test`: two checks of the sources, then vitest over one folder after the other. */
import { spawn } from 'node:child_process'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { noTotals, readReport, type Totals } from './report.ts'

export interface Stage {
  readonly name: string
  /** Program below node_modules and its arguments. */
  readonly command: readonly string[]
  /** Whether it is a vitest run, which leaves a report. */
  readonly tests: boolean
  readonly limitMs: number
}

export interface StageResult {
  readonly name: string
  readonly ok: boolean
  readonly elapsedMs: number
  readonly totals: Totals
  readonly skippedSuites: readonly string[]
}

const minute = 60_000

export const stages: readonly Stage[] = [
  { name: 'types', command: ['typescript/bin/tsc', '--noEmit'], tests: false, limitMs: 2 * minute },
  {
    name: 'lint',
    command: ['@biomejs/biome/bin/biome', 'check', '--error-on-warnings', '.'],
    tests: false,
    limitMs: 2 * minute,
  },
  testStage('tidy', 'unit', 'infra-tests/tidy', 2 * minute),
  testStage('unit', 'unit', '/src/', 5 * minute),
  testStage('integration', 'infra', 'infra-tests/integration', 5 * minute),
  testStage('localstack', 'infra', 'infra-tests/localstack', 12 * minute),
  testStage('conformance', 'infra', 'infra-tests/conformance', 20 * minute),
  testStage('simulation', 'infra', 'infra-tests/simulation', 8 * minute),
  testStage('fuzz', 'infra', 'infra-tests/fuzz', 5 * minute),
  testStage('chaos', 'infra', 'infra-tests/chaos', 8 * minute),
]

export interface StageOptions {
  readonly root: string
  readonly reportFolder: string
  /** A skipped test fails the stage. */
  readonly strict: boolean
}

export async function runStage(stage: Stage, options: StageOptions): Promise<StageResult> {
  const reportPath = join(options.reportFolder, `${stage.name}.json`)
  rmSync(reportPath, { force: true })
  const startedAtMs = performance.now()
  const exitCode = await runProgram(stage, options.root, reportPath)
  const elapsedMs = performance.now() - startedAtMs
  const report = stage.tests ? readReport(reportPath) : undefined
  const totals = strictTotals(report?.totals ?? noTotals, options.strict)
  const ok = exitCode === 0 && totals.failed === 0
  // A stage that failed outside of any test (types, lint, a crash of the runner) counts as one failure.
  const counted = !ok && totals.failed === 0 ? { ...totals, failed: 1 } : totals
  return { name: stage.name, ok, elapsedMs, totals: counted, skippedSuites: report?.skippedSuites ?? [] }
}

function testStage(name: string, project: string, filter: string, limitMs: number): Stage {
  return { name, command: ['vitest/vitest.mjs', 'run', '--project', project, filter], tests: true, limitMs }
}

function strictTotals(totals: Totals, strict: boolean): Totals {
  if (!strict) return totals
  return { passed: totals.passed, failed: totals.failed + totals.skipped, skipped: 0 }
}

function runProgram(stage: Stage, root: string, reportPath: string): Promise<number> {
  const [program, ...rest] = stage.command
  const report = ['--reporter=default', '--reporter=json', `--outputFile.json=${reportPath}`]
  const args = [join(root, 'node_modules', program ?? ''), ...rest, ...(stage.tests ? report : [])]
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] })
    const limit = setTimeout(() => {
      console.error(`stage ${stage.name} took longer than ${stage.limitMs / minute} minutes: stopped`)
      child.kill('SIGKILL')
    }, stage.limitMs)
    child.on('error', reject)
    child.on('exit', (code) => {
      clearTimeout(limit)
      resolve(code ?? 1)
    })
  })
}
