/** Lays out /opt/freshet, for the container image and for the package of instances: bundles, native packages, licence. */
import { cpSync, existsSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs'
import { join, resolve } from 'node:path'

const ROOT = resolve(import.meta.dirname, '../..')
const DIST = join(ROOT, 'dist')
const PROGRAMS = ['broker', 'control-plane', 'host-agent', 'health', 'kafka-tools']
/** Names under which a shell finds the tools of the bundle kafka-tools, also with the `.sh` of Kafka's scripts. */
const KAFKA_TOOLS = [
  'kafka-configs',
  'kafka-console-consumer',
  'kafka-console-producer',
  'kafka-consumer-groups',
  'kafka-topics',
]
/** Packages that bundles leave outside, because they bring native code. */
export const NATIVE = ['@node-rs/crc32', 'snappy', 'lz4-napi', 'koffi']

/** `packages` is the node_modules that has the native packages for the machine that is meant. */
export function layOut(target, packages) {
  mkdirSync(target, { recursive: true })
  for (const program of PROGRAMS) cpSync(join(DIST, `${program}.mjs`), join(target, `${program}.mjs`))
  if (existsSync(join(DIST, 'parts'))) {
    cpSync(join(DIST, 'parts'), join(target, 'parts'), {
      recursive: true,
      filter: (file) => !file.endsWith('.map'),
    })
  }
  for (const name of NATIVE) copyPackage(name, packages, target)
  for (const file of ['freshet-run', 'freshet-health', 'kafka-tool']) {
    cpSync(join(ROOT, 'broker', 'image', file), join(target, 'bin', file))
  }
  for (const name of KAFKA_TOOLS) {
    symlinkSync('kafka-tool', join(target, 'bin', name))
    symlinkSync('kafka-tool', join(target, 'bin', `${name}.sh`))
  }
  cpSync(join(ROOT, 'broker', 'image', 'server.properties'), join(target, 'server.properties'))
  cpSync(join(ROOT, 'LICENSE'), join(target, 'LICENSE'))
}

/** A package and what it needs; of its variants for other platforms only those that are installed exist. */
function copyPackage(name, packages, target) {
  const source = join(packages, name)
  const destination = join(target, 'node_modules', name)
  if (!existsSync(source) || existsSync(destination)) return
  cpSync(source, destination, { recursive: true, dereference: true })
  const { dependencies = {}, optionalDependencies = {} } = JSON.parse(
    readFileSync(join(source, 'package.json'), 'utf8'),
  )
  for (const needed of [...Object.keys(dependencies), ...Object.keys(optionalDependencies)]) {
    copyPackage(needed, packages, target)
  }
}
