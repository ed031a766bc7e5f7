/**
 * `npm run image`: builds the container image freshet:latest from broker/Dockerfile. The build context is laid out in
 * dist/image: bundles, the few packages with native code, licence. Needs Docker; nothing is fetched but the base image.
 *
 *   --tag NAME       the image's name          (freshet:latest)
 *   --base IMAGE     the image to start from   (Node's own of the Dockerfile); it must bring Node 24 and a shell
 */
import { spawnSync } from 'node:child_process'
import { rmSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { layOut } from './layout.mjs'

const ROOT = resolve(import.meta.dirname, '../..')
const CONTEXT = join(ROOT, 'dist', 'image')

const { values } = parseArgs({
  options: { tag: { type: 'string', default: 'freshet:latest' }, base: { type: 'string' } },
})
rmSync(CONTEXT, { recursive: true, force: true })
layOut(join(CONTEXT, 'freshet'), join(ROOT, 'node_modules'))
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
