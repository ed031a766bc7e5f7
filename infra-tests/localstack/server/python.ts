/** LocalStack from PyPI, for machines that cannot have its image: a virtual environment in `.cache`, made once. */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'

/** The newest that LocalStack 4.9 and its locked dependencies run on. */
const PYTHON = 'python3.11'
export const LOCALSTACK_VERSION = '4.9.2'

const cache = resolve(import.meta.dirname, '../../../.cache')
const lock = join(import.meta.dirname, 'requirements.lock.txt')
const INSTALL_TIMEOUT_MS = 600_000

export type Environment = { readonly python: string } | { readonly missing: string }

/** Whether it could be had here, without making it. */
export function pythonEnvironmentReason(): string | undefined {
  if (isInstalled()) return undefined
  const found = spawnSync(PYTHON, ['-m', 'venv', '--help'], { stdio: 'ignore' }).status === 0
  return found ? undefined : `${PYTHON} with venv is not installed`
}

export function isInstalled(): boolean {
  // Written last: an interrupted installation is never taken for a complete one.
  return existsSync(stamp()) && readFileSync(stamp(), 'utf8') === readFileSync(lock, 'utf8')
}

export function pythonEnvironment(): Environment {
  if (isInstalled()) return { python: python() }
  const reason = pythonEnvironmentReason()
  if (reason !== undefined) return { missing: reason }
  rmSync(folder(), { recursive: true, force: true })
  mkdirSync(cache, { recursive: true })
  for (const [command, ...args] of [
    [PYTHON, '-m', 'venv', folder()],
    [python(), '-m', 'pip', 'install', '--quiet', '--no-deps', '--require-hashes', '--requirement', lock],
  ] as const) {
    const { status, stdout, stderr } = spawnSync(command, args, {
      encoding: 'utf8',
      timeout: INSTALL_TIMEOUT_MS,
    })
    if (status !== 0) return { missing: `LocalStack cannot be installed: ${lastLine(stderr + stdout)}` }
  }
  writeFileSync(stamp(), readFileSync(lock))
  return { python: python() }
}

function folder(): string {
  return join(cache, `localstack-${LOCALSTACK_VERSION}`)
}

function python(): string {
  return join(folder(), 'bin', 'python')
}

function stamp(): string {
  return join(folder(), 'installed.lock.txt')
}

function lastLine(text: string): string {
  return text.trim().split('\n').at(-1) ?? ''
}
