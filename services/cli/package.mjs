/**
 * `npm run package`: the software of instances as dist/package/freshet-ARCHITECTURE.tgz, what the container image has
 * in /opt/freshet and Node beside it. The same sources give the same bytes, so that nothing is rolled out without need.
 *
 *   --architecture arm64|x86_64     of the instances (arm64)
 */
import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { layOut, NATIVE } from './layout.mjs'

const ROOT = resolve(import.meta.dirname, '../..')
const PACKAGES = join(ROOT, 'dist', 'package')
/** npm's word for a processor. */
const CPUS = { arm64: 'arm64', x86_64: 'x64' }

const { values } = parseArgs({ options: { architecture: { type: 'string', default: 'arm64' } } })
const cpu = CPUS[values.architecture]
if (cpu === undefined) {
  console.error(`package: --architecture ${values.architecture} is neither arm64 nor x86_64`)
  process.exit(2)
}
const work = mkdtempSync(join(tmpdir(), 'freshet-package-'))
try {
  build(join(work, 'freshet'), join(work, 'npm'))
} finally {
  rmSync(work, { recursive: true, force: true })
}

function build(target, npmFolder) {
  const node = `node-linux-${cpu}`
  install(npmFolder, versionsOf(NATIVE), { [node]: versionsOf(['node']).node })
  const packages = join(npmFolder, 'node_modules')
  layOut(target, packages)
  cpSync(join(packages, node, 'bin', 'node'), join(target, 'bin', 'node'))
  run('chmod', ['-R', 'u=rwX,go=rX', target])
  mkdirSync(PACKAGES, { recursive: true })
  const archive = join(PACKAGES, `freshet-${values.architecture}.tgz`)
  const sameBytes = ['--sort=name', '--mtime=@0', '--owner=0', '--group=0', '--numeric-owner']
  run('tar', [...sameBytes, '--use-compress-program=gzip -n', '-C', target, '-cf', archive, '.'])
  console.log(archive)
}

/** For that processor, whatever this machine has: npm asks so of packages that are optional, and only of them. */
function install(folder, dependencies, optionalDependencies) {
  mkdirSync(folder)
  const manifest = { private: true, dependencies, optionalDependencies }
  writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest))
  const platform = ['--os=linux', `--cpu=${cpu}`, '--libc=glibc']
  run('npm', ['install', '--prefix', folder, ...platform, '--ignore-scripts', '--no-audit', '--no-fund'])
}

function versionsOf(names) {
  return Object.fromEntries(
    names.map((name) => {
      const file = join(ROOT, 'node_modules', name, 'package.json')
      return [name, JSON.parse(readFileSync(file, 'utf8')).version]
    }),
  )
}

function run(command, args) {
  const { status, error } = spawnSync(command, args, { stdio: ['ignore', 'ignore', 'inherit'] })
  if (error !== undefined) throw new Error(`package: cannot run ${command}: ${error.message}`)
  if (status !== 0) throw new Error(`package: ${command} ended with ${status}`)
}
