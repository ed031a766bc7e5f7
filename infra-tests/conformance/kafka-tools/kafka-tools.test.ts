/**
 * Our command line tools against Apache Kafka's own: both are given the same command for the same brokers, and must say
 * the same and end with the same code. What a command changes it changes twice, under two names of equal length.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough, Readable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { isDeepStrictEqual } from 'node:util'
import { runKafkaTool } from '@freshet/kafka-tools'
import { ApiException } from '@freshet/kafka-tools/exceptions'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { javaSource, type KafkaTool, kafkaTool } from '../../support/java.ts'
import { mustRun, type Outcome } from '../../support/programs.ts'
import { suite } from '../../support/requirements.ts'
import { useCluster } from '../cluster-under-test.ts'
import { configs, groups, mistakes, type Row, type RowOptions, records, topics } from './commands.ts'
import { comparable, NAME } from './comparable.ts'

const DIST = join(import.meta.dirname, '../../../dist')
/** What was changed a moment ago is known to each broker a moment later: what only looks is asked again. */
const TRIES_MAX = 20
const PAUSE_MS = 100
const NAMES = { kafka: 'with-kafka', ours: 'with-ours-' }

suite("Kafka's tools without Java", ['java', 'freshet'], () => {
  const cluster = useCluster()
  let folder = ''

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'freshet-tools-'))
    writeFileSync(join(folder, 'client.properties'), 'client.id=from-a-file\nrequest.timeout.ms=20000\n')
    writeFileSync(join(folder, 'topic.properties'), 'retention.ms=7200000\ncleanup.policy=compact\n')
    writeFileSync(join(folder, 'escape.properties'), 'client.id=\\u00g9\n')
    for (const name of Object.values(NAMES)) {
      const topic = `grouped.${name}`
      writeFileSync(join(folder, `offsets.${name}.csv`), `"${topic}",0,1\r\n${topic},+0,99,\n`)
    }
    writeFileSync(join(folder, 'unknown-topic.csv'), 'none,0,1\n')
    writeFileSync(join(folder, 'invalid-topic.csv'), 'a b,0,1\n')
    writeFileSync(join(folder, 'negative-offset.csv'), 'none,0,-1\n')
  })
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  describe.each<[string, readonly Row[]]>([
    ['topics', topics],
    ['configurations', configs],
    ['records', records],
    ['groups', groups],
    ['mistakes', mistakes],
  ])('%s', (_, rows) => {
    for (const [tool, args, options = {}] of rows) {
      test(`${tool} ${args}`, async () => {
        for (let tries = 1; ; tries++) {
          const [kafka, ours] = await said(tool, args, options)
          const isLast = !/^(.* )?--(describe|list)/.test(args) || tries === TRIES_MAX
          if (!isLast && !isDeepStrictEqual(ours, kafka)) {
            await sleep(PAUSE_MS)
            continue
          }
          expect(ours).toEqual(kafka)
          return
        }
      })
    }
  })

  test.each(['x', 't,x,1', 't,0,x', 't,0,1.5', 't,0,99999999999999999999', 'g,t,0,1,2', '"t,0,1'])(
    "kafka-consumer-groups --from-file with the line %s ends as Kafka's, and says which line it is",
    async (line) => {
      const path = join(folder, 'mistake.csv')
      writeFileSync(path, `${line}\n`)
      const args = ['--group', 'g', '--reset-offsets', '--dry-run', '--from-file', path]
      const all = ['--bootstrap-server', cluster().bootstrap, ...args]
      const kafka = await kafkaTool('kafka-consumer-groups', all)
      const ours = await runOurs('kafka-consumer-groups', all, '')
      expect([ours.exitCode, kafka.exitCode]).toEqual([0, 0])
      const start = '\nError: Executing consumer group command failed due to'
      expect(ours.stdout).toMatch(new RegExp(`^${start} ${path}, line 1: '.*' is not .*\n$`))
    },
  )

  test("a broker's errors become the exceptions of Kafka's clients", async () => {
    const { stdout } = await javaSource('KafkaErrors', [])
    const known = stdout
      .trim()
      .split('\n')
      .map((line) => {
        const [code, name] = line.split(' ')
        const ours = new ApiException(Number(code))
        return { kafka: line, ours: `${code} ${ours.error} ${ours}`, isKnown: ours.error === name }
      })
    // The client library's list may be older than Kafka's.
    const both = known.filter(({ isKnown }) => isKnown)
    expect(both.length).toBeGreaterThan(120)
    expect(both.map(({ ours }) => ours)).toEqual(both.map(({ kafka }) => kafka))
  })

  test.each([['kafka-tools.mjs'], ['freshet.mjs']])('%s has them all', async (bundle) => {
    const args = [join(DIST, bundle), 'kafka-topics.sh', '--bootstrap-server', cluster().bootstrap, '--list']
    expect((await mustRun(process.execPath, args)).stdout).toContain('__consumer_offsets\n')
  })

  /** Kafka's tool and ours, in what is comparable. */
  async function said(tool: KafkaTool, args: string, options: RowOptions) {
    const [kafka, ours] = await Promise.all([
      kafkaTool(tool, command(args, NAMES.kafka), options),
      runOurs(tool, command(args, NAMES.ours), options.input ?? ''),
    ])
    return [comparable(kafka, NAMES.kafka, options), comparable(ours, NAMES.ours, options)] as const
  }

  function command(args: string, name: string): string[] {
    const server = ['--bootstrap-server', cluster().bootstrap]
    const words = args
      .split(' ')
      .map((word) => word.replaceAll(NAME, name).replaceAll('~', ' ').replaceAll('@', folder))
    return words.includes('--no-server')
      ? words.filter((word) => word !== '--no-server')
      : [...server, ...words]
  }
})

/** In this process, which is three times as fast as another one. */
async function runOurs(tool: KafkaTool, args: readonly string[], input: string): Promise<Outcome> {
  const [output, errors] = [new PassThrough(), new PassThrough()]
  const text = { stdout: '', stderr: '', output: '' }
  output.setEncoding('utf8').on('data', (chunk: string) => {
    text.stdout += chunk
    text.output += chunk
  })
  errors.setEncoding('utf8').on('data', (chunk: string) => {
    text.stderr += chunk
    text.output += chunk
  })
  const interrupted = new AbortController().signal
  const terminal = { input: Readable.from([input]), output, errors, isInteractive: false, interrupted }
  const exitCode = await runKafkaTool(tool, args, terminal)
  return { exitCode, ...text }
}
