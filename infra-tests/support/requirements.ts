/**
 * Programs that some suites need and a machine may lack. Such a suite is reported as skipped with its reason;
 * under CI `npm test` counts that as a failure.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe } from 'vitest'
import { localStackSource } from '../localstack/server/source.ts'
import { dynamodbJars } from '../tools/dynamodb-jars.ts'
import { kafkaLibraries } from './java.ts'

/** `namespaces` and `mounts` need root. */
export type Need =
  | 'aws'
  | 'docker'
  | 'dynamodb'
  | 'freshet'
  | 'java'
  | 'kcat'
  | 'localstack'
  | 'mounts'
  | 'namespaces'

export function suite(name: string, needs: readonly Need[], body: () => void): void {
  const missing = needs.map(reasonAgainst).filter((reason) => reason !== undefined)
  if (missing.length === 0) describe(name, body)
  else describe.skipIf(true)(`${name} [skipped: ${missing.join('; ')}]`, body)
}

const root = join(import.meta.dirname, '..', '..')

/** Why this machine cannot have it; undefined if it can. */
export function reasonAgainst(need: Need): string | undefined {
  if (need === 'kcat') return runs('kcat', ['-V']) ? undefined : 'kcat is not installed'
  if (need === 'freshet') {
    const oracle = process.env.FRESHET_ORACLE
    if (oracle) return `it is about Freshet itself, not about ${oracle}`
    return existsSync(join(root, 'dist', 'broker.mjs'))
      ? undefined
      : 'dist/broker.mjs is missing: npm run build'
  }
  if (need === 'docker') return runs('docker', ['info']) ? undefined : 'Docker is not running (start dockerd)'
  if (need === 'aws') return runs('aws', ['--version']) ? undefined : 'the AWS CLI (aws) is not installed'
  if (need === 'dynamodb') {
    const jars = dynamodbJars()
    return 'missing' in jars ? jars.missing : undefined
  }
  if (need === 'localstack') {
    const source = localStackSource()
    return 'missing' in source ? source.missing : undefined
  }
  if (need === 'namespaces') return reasonAgainstNamespaces()
  if (need === 'mounts') return reasonAgainstMounts()
  if (!runs('java', ['-version'])) return 'java is not installed'
  try {
    kafkaLibraries()
    return undefined
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

/** Why this machine cannot have network namespaces; undefined if it can. */
function reasonAgainstNamespaces(): string | undefined {
  if (process.getuid?.() !== 0) return 'network namespaces need root'
  const name = `freshet-${process.pid}-try`
  const added = spawnSync('ip', ['netns', 'add', name], { encoding: 'utf8' })
  if (added.error) return 'iproute2 is not installed'
  if (added.status !== 0) return `no network namespaces: ${added.stderr.trim()}`
  spawnSync('ip', ['netns', 'delete', name])
  return undefined
}

/** The same for a file system in memory. */
function reasonAgainstMounts(): string | undefined {
  if (process.getuid?.() !== 0) return 'small disks need root, to mount them'
  const folder = mkdtempSync(join(tmpdir(), 'freshet-mount-'))
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'freshet', folder], {
    encoding: 'utf8',
  })
  if (mounted.status === 0) spawnSync('umount', [folder])
  rmSync(folder, { recursive: true })
  return mounted.status === 0 ? undefined : `nothing can be mounted: ${mounted.stderr.trim()}`
}

function runs(command: string, args: readonly string[]): boolean {
  return spawnSync(command, args, { stdio: 'ignore' }).status === 0
}
