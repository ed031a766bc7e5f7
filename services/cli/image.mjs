/**
 * `npm run image`: builds the container image freshet:latest from broker/Dockerfile. The build context is laid out in
 * dist/image: bundles, the few packages with native code, licence. Needs Docker; nothing is fetched but the base image.
 *
 *   --tag NAME       the image's name          (freshet:latest)
 *   --base IMAGE     the image to start from   (Node's own of the Dockerfile); it must bring Node 24 and a shell
 */
import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'

const ROOT = resolve(import.meta.dirname, '../..')
const DIST = join(ROOT, 'dist')
const CONTEXT = join(DIST, 'image')
const PROGRAMS = ['broker', 'control-plane', 'host-agent', 'health']
/** Packages that bundles leave outside, because they bring native code. */
const NATIVE = ['@node-rs/crc32', 'snappy', 'lz4-napi']

const { values } = parseArgs({
  options: { tag: { type: 'string', default: 'freshet:latest' }, base: { type: 'string' } },
})
layOut()
const base = values.base === undefined ? [] : ['--build-arg', `BASE_IMAGE=${values.base}`]
const { status, error } = spawnSync(
  'docker',
  ['build', '--tag', values.tag, ...base, '--file', join(ROOT, 'broker', 'Dockerfile'), CONTEXT],
  { stdio: 'inherit', env: { ...process.env, DOCKER_BUILDKIT: process.env.DOCKER_BUILDKIT ?? '0' } },
)
if (error !== undefined) {
  console.error(`image: cannot run docker: ${error.message}`)
  process.exit(1)
}
process.exit(status ?? 1)

function layOut() {
  const target = join(CONTEXT, 'freshet')
  rmSync(CONTEXT, { recursive: true, force: true })
  mkdirSync(target, { recursive: true })
  for (const program of PROGRAMS) cpSync(join(DIST, `${program}.mjs`), join(target, `${program}.mjs`))
  if (existsSync(join(DIST, 'parts'))) {
    cpSync(join(DIST, 'parts'), join(target, 'parts'), {
      recursive: true,
      filter: (file) => !file.endsWith('.map'),
    })
  }
  for (const name of NATIVE) copyPackage(name, target)
  for (const file of ['freshet-run', 'freshet-health']) {
    cpSync(join(ROOT, 'broker', 'image', file), join(target, 'bin', file))
  }
  cpSync(join(ROOT, 'broker', 'image', 'server.properties'), join(target, 'server.properties'))
  cpSync(join(ROOT, 'LICENSE'), join(target, 'LICENSE'))
}

/** A package and what it needs; of its variants for other platforms only those that are installed exist. */
function copyPackage(name, target) {
  const source = join(ROOT, 'node_modules', name)
  const destination = join(target, 'node_modules', name)
  if (!existsSync(source) || existsSync(destination)) return
  cpSync(source, destination, { recursive: true, dereference: true })
  const { dependencies = {}, optionalDependencies = {} } = JSON.parse(
    readFileSync(join(source, 'package.json'), 'utf8'),
  )
  for (const needed of [...Object.keys(dependencies), ...Object.keys(optionalDependencies)]) {
    copyPackage(needed, target)
  }
}
