/**
 * Programs that some suites need and a machine may lack. Such a suite is reported as skipped with its reason;
 * under CI `npm test` counts that as a failure.
 */
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { describe } from 'vitest'
import { dynamodbJars } from '../tools/dynamodb-jars.ts'
import { kafkaLibraries } from './java.ts'

export type Need = 'kcat' | 'java' | 'freshet' | 'dynamodb' | 'docker'

export function suite(name: string, needs: readonly Need[], body: () => void): void {
  const missing = needs.map(reasonAgainst).filter((reason) => reason !== undefined)
  if (missing.length === 0) describe(name, body)
  else describe.skipIf(true)(`${name} [skipped: ${missing.join('; ')}]`, body)
}

const root = join(import.meta.dirname, '..', '..')

function reasonAgainst(need: Need): string | undefined {
  if (need === 'kcat') return runs('kcat', ['-V']) ? undefined : 'kcat is not installed'
  if (need === 'freshet') {
    const oracle = process.env.FRESHET_ORACLE
    if (oracle) return `it is about Freshet itself, not about ${oracle}`
    return existsSync(join(root, 'dist', 'broker.mjs'))
      ? undefined
      : 'dist/broker.mjs is missing: npm run build'
  }
  if (need === 'docker') return runs('docker', ['info']) ? undefined : 'Docker is not running (start dockerd)'
  if (need === 'dynamodb') {
    const jars = dynamodbJars()
    return 'missing' in jars ? jars.missing : undefined
  }
  if (!runs('java', ['-version'])) return 'java is not installed'
  try {
    kafkaLibraries()
    return undefined
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

function runs(command: string, args: readonly string[]): boolean {
  return spawnSync(command, args, { stdio: 'ignore' }).status === 0
}
