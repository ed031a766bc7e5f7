/**
 * Confluent's JavaScript client with the librdkafka that it ships, and librdkafka's own tests, built once into `.cache`.
 * Needs a C++ compiler, make and the headers named in CONTRIBUTING.md.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'

const VERSION = '1.10.1'
const PACKAGE = '@confluentinc/kafka-javascript'
const root = join(import.meta.dirname, '..', '..')
const cacheFolder = join(root, '.cache')
/** The npm package `node` has the headers of that Node. */
const nodeHeaders = join(root, 'node_modules/node/node_modules', `node-${process.platform}-${process.arch}`)

/** The folder in which the client is installed. FRESHET_KAFKA_JAVASCRIPT names one where that was done before. */
export function kafkaJavascript(): string {
  const given = process.env.FRESHET_KAFKA_JAVASCRIPT
  const folder = given ?? join(cacheFolder, `kafka-javascript-${VERSION}`)
  if (existsSync(join(librdkafkaTests(folder), 'test-runner'))) return folder
  if (given !== undefined) throw new Error(`FRESHET_KAFKA_JAVASCRIPT=${given} has no built tests`)
  build(folder)
  return folder
}

/** The folder with the test-runner. */
export function librdkafkaTests(installed: string): string {
  return join(installed, 'node_modules', PACKAGE, 'deps', 'librdkafka', 'tests')
}

/** In a folder of its own first: a build that was interrupted is never taken for a complete one. */
function build(folder: string): void {
  mkdirSync(cacheFolder, { recursive: true })
  const partial = mkdtempSync(join(cacheFolder, 'partial-'))
  try {
    console.log(`Building ${PACKAGE} ${VERSION} and librdkafka's tests (some minutes, once) …`)
    writeFileSync(join(partial, 'package.json'), JSON.stringify({ private: true }))
    run('npm', ['install', '--no-audit', '--no-fund', `${PACKAGE}@${VERSION}`], partial)
    run('make', [`-j${availableParallelism()}`, '-C', librdkafkaTests(partial), 'build'], partial)
    rmSync(folder, { recursive: true, force: true })
    renameSync(partial, folder)
  } finally {
    rmSync(partial, { recursive: true, force: true })
  }
}

function run(command: string, args: readonly string[], cwd: string): void {
  const { status, stdout, stderr } = spawnSync(command, args, {
    cwd,
    encoding: 'utf8',
    maxBuffer: 1 << 28,
    // The client is linked to the system's libraries, and made for the Node that runs it.
    env: { ...process.env, CKJS_LINKING: 'dynamic', npm_config_nodedir: nodeHeaders },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  if (status === 0) return
  throw new Error(`${command} ${args.join(' ')} failed:\n${`${stdout}${stderr}`.slice(-4000)}`)
}
