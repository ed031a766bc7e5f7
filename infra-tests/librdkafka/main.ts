/**
 * `npm run librdkafka`: librdkafka's own tests against three brokers of Freshet. A result other than the one in
 * [expected.json](expected.json) is a failure: a test that is not named there passes.
 *   --oracle       against Apache Kafka instead
 *   --only TEXT    tests whose name contains it; may be repeated
 *   --jobs N       so many numbers at once (4)
 *   --keep DIR     where each test's log goes, to be read afterwards
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { type Flavor, startCluster } from '../conformance/cluster-under-test.ts'
import { kafkaJavascript, librdkafkaTests } from './build.ts'
import { type Result, Runner, type State } from './runner.ts'
import { type RunnerTest, remoteTests, SCENARIOS, type Scenario } from './test-list.ts'

/** Tests that do not pass everywhere. */
interface Expectation {
  readonly freshet: State
  readonly apache: State
  readonly reason: string
}

const { values: options } = parseArgs({
  options: {
    oracle: { type: 'boolean', default: false },
    only: { type: 'string', multiple: true, default: [] },
    jobs: { type: 'string', default: '4' },
    keep: { type: 'string' },
  },
})
const flavor: Flavor = options.oracle ? 'apache' : 'freshet'
const expected = JSON.parse(readFileSync(join(import.meta.dirname, 'expected.json'), 'utf8')) as Readonly<
  Record<string, Expectation>
>

await main()

async function main(): Promise<void> {
  const folder = librdkafkaTests(kafkaJavascript())
  const known = remoteTests(folder)
  const wanted = known.filter(
    ({ name }) => options.only.length === 0 || options.only.some((text) => name.includes(text)),
  )
  const results: Result[] = []
  for (const scenario of SCENARIOS) {
    const tests = wanted.filter((test) => test.scenario === scenario)
    if (tests.length > 0) results.push(...(await runScenario(folder, scenario, tests)))
  }
  const unknown = Object.keys(expected).filter((name) => known.every((test) => test.name !== name))
  for (const name of unknown) console.log(`expected.json names ${name}, which does not exist`)
  const surprises = results.filter(isSurprise)
  const counts = (['passes', 'fails', 'skips'] as const).map(
    (state) => `${results.filter((result) => result.state === state).length} ${state}`,
  )
  console.log(`\n${flavor}: ${counts.join(', ')}; ${surprises.length} not as expected`)
  for (const { name, state, message } of surprises) {
    console.log(`  ${name} ${state}, expected: ${expectedState(name)}. ${message}`)
  }
  process.exitCode = surprises.length + unknown.length === 0 ? 0 : 1
}

function expectedState(name: string): State {
  return expected[name]?.[flavor] ?? 'passes'
}

async function runScenario(
  tests: string,
  scenario: Scenario,
  wanted: readonly RunnerTest[],
): Promise<Result[]> {
  const folder = mkdtempSync(
    options.keep ? join(existing(options.keep), `${flavor}-`) : join(tmpdir(), 'rdk-'),
  )
  const cluster = await startCluster(
    { brokers: 3, rack: (id) => `RACK${id}`, properties: propertiesOf(scenario) },
    flavor,
  )
  try {
    const runner = new Runner(tests, cluster.bootstrap, folder)
    const waiting = [...new Set(wanted.map(({ number }) => number))]
    const results: Result[] = []
    const worker = async () => {
      for (let number = waiting.shift(); number; number = waiting.shift()) {
        const together = wanted.filter((test) => test.number === number)
        for (const result of await runner.run(together)) {
          results.push(result)
          print(result)
        }
      }
    }
    await Promise.all(Array.from({ length: Number(options.jobs) }, worker))
    await repeatAlone(runner, wanted, results)
    return results
  } finally {
    await cluster.stop()
    if (!options.keep) rmSync(folder, { recursive: true, force: true })
  }
}

/** Some look at the clock: what surprised beside other tests is done once more without them. */
async function repeatAlone(runner: Runner, wanted: readonly RunnerTest[], results: Result[]): Promise<void> {
  const surprising = new Set(results.filter(isSurprise).map(({ name }) => name.slice(0, 4)))
  for (const number of surprising) {
    for (const again of await runner.run(wanted.filter((test) => test.number === number))) {
      results[results.findIndex(({ name }) => name === again.name)] = again
      print(again)
    }
  }
}

function print(result: Result): void {
  const surprise = isSurprise(result) ? '   <-- not as expected' : ''
  console.log(`${result.state} ${result.name} ${result.seconds.toFixed(1)} s${surprise}`)
}

function isSurprise({ name, state }: Result): boolean {
  return state !== expectedState(name)
}

function existing(folder: string): string {
  mkdirSync(folder, { recursive: true })
  return folder
}

/** What librdkafka's own test cluster has, but for security. */
function propertiesOf(scenario: Scenario): Record<string, string> {
  return {
    'num.partitions': '4',
    'default.replication.factor': '3',
    'auto.create.topics.enable': String(scenario !== 'noautocreate'),
    'replica.selector.class': 'org.apache.kafka.common.replica.RackAwareReplicaSelector',
    'offsets.topic.replication.factor': '3',
    'transaction.state.log.replication.factor': '3',
    'transaction.state.log.min.isr': '2',
    'share.coordinator.state.topic.replication.factor': '3',
    'share.coordinator.state.topic.min.isr': '2',
    'group.share.min.record.lock.duration.ms': '1000',
    // 0113 counts on two consumers that are started one after the other to join together.
    'group.initial.rebalance.delay.ms': '3000',
  }
}
