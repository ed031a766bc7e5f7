/** The stages of `npm test`: checks of the sources, then vitest over the folders, in two lanes side by side. */
import { spawn } from 'node:child_process'
import { closeSync, openSync, readFileSync, rmSync } from 'node:fs'
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

/** First of all, one after the other: nothing else is worth its time while one of these fails. */
const checks: readonly Stage[] = [
  { name: 'types', command: ['typescript/bin/tsc', '--noEmit'], tests: false, limitMs: 2 * minute },
  {
    name: 'lint',
    command: ['@biomejs/biome/bin/biome', 'check', '--error-on-warnings', '.'],
    tests: false,
    limitMs: 2 * minute,
  },
  testStage('tidy', 'unit', 'infra-tests/tidy', 2 * minute),
]

/** Keeps a processor busy. */
const busy: readonly Stage[] = [
  testStage('unit', 'unit', '/src/', 6 * minute),
  testStage('simulation', 'infra', 'infra-tests/simulation', 20 * minute),
  testStage('conformance', 'infra', 'infra-tests/conformance', 20 * minute),
]

/** Mostly waits: for processes, containers and time-outs. */
const waiting: readonly Stage[] = [
  testStage('integration', 'infra', 'infra-tests/integration', 6 * minute),
  testStage('localstack', 'localstack', 'infra-tests/localstack', 15 * minute),
  testStage('chaos', 'infra', 'infra-tests/chaos', 8 * minute),
  testStage('fuzz', 'infra', 'infra-tests/fuzz', 6 * minute),
]

/** A lane's stages run one after the other; the lanes of a row run side by side, and row after row. */
export const rows: readonly (readonly (readonly Stage[])[])[] = [[checks], [busy, waiting]]

export interface StageOptions {
  readonly root: string
  readonly reportFolder: string
  /** A skipped test fails the stage. */
  readonly strict: boolean
  /** Shown at the end, because another stage is being shown meanwhile. */
  readonly isBeside: boolean
}

export async function runStage(stage: Stage, options: StageOptions): Promise<StageResult> {
  const reportPath = join(options.reportFolder, `${stage.name}.json`)
  rmSync(reportPath, { force: true })
  const startedAtMs = performance.now()
  const exitCode = await runProgram(stage, options, reportPath)
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

function runProgram(stage: Stage, options: StageOptions, reportPath: string): Promise<number> {
  const { root, reportFolder, isBeside } = options
  const [program, ...rest] = stage.command
  const report = ['--reporter=default', '--reporter=json', `--outputFile.json=${reportPath}`]
  const args = [join(root, 'node_modules', program ?? ''), ...rest, ...(stage.tests ? report : [])]
  const logPath = join(reportFolder, `${stage.name}.log`)
  // A file, not a pipe: that a test left a process behind must not keep its stage from ending.
  const output = isBeside ? openSync(logPath, 'w') : 'inherit'
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, { cwd: root, stdio: ['ignore', output, output] })
    const limit = setTimeout(() => {
      console.error(`stage ${stage.name} took longer than ${stage.limitMs / minute} minutes: stopped`)
      child.kill('SIGKILL')
    }, stage.limitMs)
    child.on('error', reject)
    child.on('exit', (code) => {
      clearTimeout(limit)
      if (typeof output === 'number') {
        closeSync(output)
        process.stdout.write(readFileSync(logPath))
      }
      resolve(code ?? 1)
    })
  })
}
