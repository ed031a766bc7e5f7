/**
 * Apache Kafka's jars, fetched from Maven once and kept in `.cache` of the project: never committed, never
 * shipped.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'

export const KAFKA_VERSION = '4.3.1'

const projectRoot = resolve(import.meta.dirname, '../..')
const cacheFolder = join(projectRoot, '.cache', `kafka-${KAFKA_VERSION}`, 'libs')
const clientsJar = `kafka-clients-${KAFKA_VERSION}.jar`
const DOWNLOAD_TIMEOUT_MS = 600_000

/**
 * The folder with the jars, or why there is none. FRESHET_KAFKA_LIBS names a folder that has them already.
 */
export function kafkaJars(): { folder: string } | { missing: string } {
  const given = process.env.FRESHET_KAFKA_LIBS
  if (given !== undefined) {
    if (existsSync(join(given, clientsJar))) return { folder: given }
    return { missing: `FRESHET_KAFKA_LIBS=${given} has no ${clientsJar}` }
  }
  if (existsSync(join(cacheFolder, clientsJar))) return { folder: cacheFolder }
  for (const [command, argument] of [
    ['java', '-version'],
    ['mvn', '-version'],
  ] as const) {
    if (spawnSync(command, [argument]).status !== 0) return { missing: `${command} is not installed` }
  }
  return download()
}

/** Into a folder of its own first: an interrupted download is never taken for a complete one. */
function download(): { folder: string } | { missing: string } {
  const parent = dirname(cacheFolder)
  mkdirSync(parent, { recursive: true })
  const partial = mkdtempSync(join(parent, 'partial-'))
  try {
    const { status, stderr, stdout } = spawnSync(
      'mvn',
      [
        '-q',
        '-B',
        '-f',
        join(import.meta.dirname, 'pom.xml'),
        'dependency:copy-dependencies',
        `-DoutputDirectory=${partial}`,
      ],
      { encoding: 'utf8', timeout: DOWNLOAD_TIMEOUT_MS },
    )
    if (status !== 0) return { missing: `Maven failed: ${(stderr + stdout).trim().split('\n')[0] ?? ''}` }
    // Another run may have finished first: its jars are as good, and may be in use.
    if (!existsSync(join(cacheFolder, clientsJar))) {
      rmSync(cacheFolder, { recursive: true, force: true })
      renameSync(partial, cacheFolder)
    }
    return { folder: cacheFolder }
  } finally {
    rmSync(partial, { recursive: true, force: true })
  }
}
