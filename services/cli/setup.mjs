/**
 * What `npm start` and `npm test` run first, with whatever Node the machine has: installs the dependencies if
 * they are missing or older than the lock file and, with --build, bundles the programs with the Node that came
 * with them. Plain JavaScript without dependencies: there may be none yet.
 */
import { spawnSync } from 'node:child_process'
import { statSync } from 'node:fs'
import { join, resolve } from 'node:path'

const ROOT = resolve(import.meta.dirname ?? new URL('.', import.meta.url).pathname, '../..')
const NODE_MODULES = join(ROOT, 'node_modules')
const NODE = join(NODE_MODULES, '.bin', 'node')

if (!isInstalled()) install()
if (process.argv.includes('--build')) run(NODE, [join(ROOT, 'services/cli/build.mjs')], 'inherit')

/** npm writes its own lock file into node_modules after everything else. */
function isInstalled() {
  const installed = modifiedMs(join(NODE_MODULES, '.package-lock.json'))
  return installed !== undefined && installed >= modifiedMs(join(ROOT, 'package-lock.json'))
}

function install() {
  console.log('Installing dependencies (npm ci) …')
  const npm = process.env.npm_execpath
  const args = ['ci', '--no-audit', '--no-fund', '--loglevel=error']
  if (npm === undefined) run('npm', args, 'pipe')
  else run(process.execPath, [npm, ...args], 'pipe')
}

/** What a quiet step printed matters only if it failed. */
function run(command, args, stdio) {
  const result = spawnSync(command, args, {
    cwd: ROOT,
    stdio: ['ignore', stdio, stdio],
    maxBuffer: 64 * 1024 * 1024,
  })
  if (result.status === 0) return
  if (result.error) console.error(`setup: ${command} did not run: ${result.error.message}`)
  process.stderr.write(result.stdout ?? '')
  process.stderr.write(result.stderr ?? '')
  process.exit(result.status ?? 1)
}

function modifiedMs(path) {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs
}
