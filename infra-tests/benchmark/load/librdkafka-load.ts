/** The C program that makes load through librdkafka: compiles it where that is possible, and runs it. */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { mustRun } from '../../support/programs.ts'

const buildFolder = join(import.meta.dirname, '..', '..', '..', '.cache', 'benchmark')
const source = join(import.meta.dirname, 'librdkafka-load.c')
const program = join(buildFolder, 'librdkafka-load')

export async function librdkafkaLoad(args: string[]): Promise<{ seconds: number; records: number }> {
  const { stdout } = await mustRun(program, args, { timeoutMs: 300_000 })
  const result = JSON.parse(stdout) as { seconds: number; records: number; failed: number }
  if (result.failed > 0 || result.records === 0) throw new Error(`librdkafka-load said ${stdout}`)
  return result
}

/** Compiles the C program when it is missing or older than its source. Says why it cannot. */
export function buildLibrdkafkaLoad(): string | undefined {
  if (existsSync(program) && statSync(program).mtimeMs > statSync(source).mtimeMs) return undefined
  const flags = spawnSync('pkg-config', ['--cflags', '--libs', 'rdkafka'], { encoding: 'utf8' })
  if (flags.status !== 0) return 'librdkafka-dev or pkg-config is not installed'
  mkdirSync(buildFolder, { recursive: true })
  const args = ['-O2', '-Wall', '-Wextra', '-o', program, source, ...flags.stdout.trim().split(/\s+/)]
  const compiled = spawnSync('cc', args, { encoding: 'utf8' })
  return compiled.status === 0 ? undefined : `cc failed: ${compiled.stderr}`
}
