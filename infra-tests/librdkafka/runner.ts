/** The tests of one number in a process of their own: a crash is the failure of those only. */
import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { kafkaLibraries, kafkaToolCommand } from '../support/java.ts'
import { runProgram } from '../support/programs.ts'
import type { RunnerTest } from './test-list.ts'

/** `skips`: the test found that it has no business here. */
export type State = 'passes' | 'fails' | 'skips'

export interface Result {
  readonly name: string
  readonly state: State
  readonly seconds: number
  /** What the test said about it. */
  readonly message: string
}

const TESTS_LIMIT_MS = 1_200_000

export class Runner {
  private readonly sources: string
  private readonly folder: string
  private readonly environment: Readonly<Record<string, string>>

  /** @param sources the folder with the test-runner; @param folder an empty one for what it writes */
  constructor(sources: string, bootstrap: string, folder: string) {
    this.sources = sources
    this.folder = folder
    writeFileSync(
      join(folder, 'test.conf'),
      `bootstrap.servers=${bootstrap}\ntest.timeout.multiplier=2\ntest.topic.random=true\n`,
    )
    makeKafkaFolder(folder)
    this.environment = {
      LD_LIBRARY_PATH: `${join(sources, '..', 'src')}:${join(sources, '..', 'src-cpp')}`,
      RDKAFKA_TEST_CONF: join(folder, 'test.conf'),
      TEST_KAFKA_VERSION: '4.3.1',
      KAFKA_PATH: folder,
      PATH: `${join(folder, 'bin')}:${process.env.PATH ?? ''}`,
      BROKERS: bootstrap,
    }
  }

  /** @param tests those of one number and scenario */
  async run(tests: readonly RunnerTest[]): Promise<Result[]> {
    const [{ number = '', scenario = 'default', emulatesSockets = false } = {}] = tests
    const report = join(this.folder, `${number}.json`)
    rmSync(report, { force: true })
    const args = ['-p1', '-L', '-s', scenario, ...(emulatesSockets ? [] : ['-E'])]
    const startedAtMs = performance.now()
    const env = { ...this.environment, TESTS: number, TEST_REPORT: report }
    // Some look for files of the sources.
    const options = { env, cwd: this.sources, timeoutMs: TESTS_LIMIT_MS }
    const log = await runProgram('./test-runner', args, options)
      .then(({ output }) => output.replaceAll(COLORS, ''))
      .catch((error: unknown) => String(error))
    writeFileSync(join(this.folder, `${number}.log`), log)
    const seconds = (performance.now() - startedAtMs) / 1000
    const states: Report = existsSync(report) ? JSON.parse(readFileSync(report, 'utf8')) : { tests: {} }
    return tests.map(({ name }) => {
      const state = stateIn(states, name)
      return { name, state, seconds, message: state === 'passes' ? '' : messageOf(log, name) }
    })
  }
}

/** The test-runner's report: the state of every test that it knows. */
interface Report {
  readonly tests: Readonly<Record<string, { readonly state: string }>>
}

const COLORS = new RegExp(`${String.fromCharCode(27)}\\[[\\d;]*m`, 'g')

function stateIn(report: Report, name: string): State {
  const state = report.tests[name]?.state
  if (state === 'PASSED') return 'passes'
  return state === 'SKIPPED' ? 'skips' : 'fails'
}

/** Why a test failed or had no place here. */
function messageOf(log: string, name: string): string {
  const failure = new RegExp(`^### Test "${name}\\b.* failed at (\\S+) .*###\\n(.*)`, 'm').exec(log)
  if (failure) return `${failure[1]} ${failure[2]}`
  return new RegExp(`^\\| ${name} +\\| .*`, 'm').exec(log)?.[0] ?? log.trim().slice(-300)
}

/** Some tests call Kafka's scripts, and compile programs of their own for Kafka's clients: a Kafka for them. */
function makeKafkaFolder(folder: string): void {
  const bin = join(folder, 'bin')
  mkdirSync(bin)
  symlinkSync(kafkaLibraries(), join(folder, 'libs'))
  const script = (name: string, command: string) =>
    writeFileSync(join(bin, name), `#!/bin/sh\nexec ${command} "$@"\n`, { mode: 0o755 })
  for (const tool of ['kafka-topics', 'kafka-acls'] as const) {
    const command = kafkaToolCommand(tool, []).map((word) => `'${word}'`)
    script(`${tool}.sh`, command.join(' '))
  }
  script('kafka-run-class.sh', `java -cp "$CLASSPATH:${join(folder, 'libs')}/*"`)
  // A Java without a compiler's launcher has the compiler all the same.
  script('javac', 'java -m jdk.compiler/com.sun.tools.javac.Main')
}
