/** The tests that the test-runner has, from the table in its source. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

export const SCENARIOS = ['default', 'noautocreate'] as const
export type Scenario = (typeof SCENARIOS)[number]

export interface RunnerTest {
  readonly name: string
  /** The test-runner takes the tests of one number together. */
  readonly number: string
  /** Under which settings of the cluster it runs. */
  readonly scenario: Scenario
  /** It puts a proxy of its own between client and broker. */
  readonly emulatesSockets: boolean
}

/** Those that talk to a broker; others have a broker of their own, or want a person to look on. */
export function remoteTests(folder: string): RunnerTest[] {
  const source = readFileSync(join(folder, 'test.c'), 'utf8')
  const table = source.slice(source.indexOf('struct test tests[]'))
  const tests: RunnerTest[] = []
  for (const entry of table
    .slice(0, table.indexOf('{NULL}'))
    .split(/^ {4}_TEST\(/m)
    .slice(1)) {
    const [name = '', flags = ''] = entry.split(',')
    if (LEFT_OUT.test(flags)) continue
    const scenario = entry.includes('.scenario = "noautocreate"') ? 'noautocreate' : 'default'
    tests.push({ name, number: name.slice(0, 4), scenario, emulatesSockets: flags.includes('TEST_F_SOCKEM') })
  }
  return tests
}

/** Also those that the test-runner leaves out by default. */
const LEFT_OUT = /TEST_F_(LOCAL|MANUAL|KNOWN_ISSUE\b)/
