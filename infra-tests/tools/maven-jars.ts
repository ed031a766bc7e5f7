/** Jars fetched from Maven once and kept in `.cache` of the project: never committed, never shipped. */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'

const projectRoot = resolve(import.meta.dirname, '../..')
const DOWNLOAD_TIMEOUT_MS = 600_000

export type Jars = { readonly folder: string } | { readonly missing: string }

export interface JarsWanted {
  /** Names the folder in `.cache`; carries the version. */
  readonly name: string
  /** The list of dependencies. */
  readonly pom: string
  /** A jar that a complete folder has. */
  readonly marker: string
  /** A folder given by the user, which has them already. */
  readonly given?: { readonly variable: string; readonly folder: string | undefined }
}

/** The folder with the jars, or why there is none. */
export function mavenJars({ name, pom, marker, given }: JarsWanted): Jars {
  if (given?.folder !== undefined) {
    if (existsSync(join(given.folder, marker))) return { folder: given.folder }
    return { missing: `${given.variable}=${given.folder} has no ${marker}` }
  }
  const folder = join(projectRoot, '.cache', name, 'libs')
  if (existsSync(join(folder, marker))) return { folder }
  for (const [command, argument] of [
    ['java', '-version'],
    ['mvn', '-version'],
  ] as const) {
    if (spawnSync(command, [argument]).status !== 0) return { missing: `${command} is not installed` }
  }
  return download(folder, pom, marker)
}

/** Into a folder of its own first: an interrupted download is never taken for a complete one. */
function download(folder: string, pom: string, marker: string): Jars {
  const parent = dirname(folder)
  mkdirSync(parent, { recursive: true })
  const partial = mkdtempSync(join(parent, 'partial-'))
  try {
    const { status, stderr, stdout } = spawnSync(
      'mvn',
      ['-q', '-B', '-f', pom, 'dependency:copy-dependencies', `-DoutputDirectory=${partial}`],
      { encoding: 'utf8', timeout: DOWNLOAD_TIMEOUT_MS },
    )
    if (status !== 0) return { missing: `Maven failed: ${(stderr + stdout).trim().split('\n')[0] ?? ''}` }
    // Another run may have finished first: its jars are as good, and may be in use.
    if (!existsSync(join(folder, marker))) {
      rmSync(folder, { recursive: true, force: true })
      renameSync(partial, folder)
    }
    return { folder }
  } finally {
    rmSync(partial, { recursive: true, force: true })
  }
}
