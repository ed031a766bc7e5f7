/** The `cdk` command on this project's app, against LocalStack. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { startChild } from '../../support/child.ts'

const root = resolve(import.meta.dirname, '../../..')
const TIMEOUT_MS = 400_000

/** Values of `-c name=value`. */
export type Context = Readonly<Record<string, string>>

export interface Cdk {
  bootstrap(): Promise<void>
  /** What it said, and the outputs of all stacks together. */
  deploy(context: Context): Promise<{ said: string; outputs: Record<string, string> }>
  destroy(context: Context): Promise<void>
  close(): void
}

export function createCdk(environment: Readonly<Record<string, string>>): Cdk {
  const folder = mkdtempSync(join(tmpdir(), 'freshet-cdk-'))
  const env = { ...environment, CDK_DISABLE_CLI_TELEMETRY: 'true', CI: 'true', NO_COLOR: '1' }
  let runs = 0

  const program = join(root, 'node_modules/aws-cdk/bin/cdk')
  const run = async (args: readonly string[], cwd: string): Promise<string> => {
    const log = join(folder, `${++runs}-${args[0]}.log`)
    const child = startChild(process.execPath, [program, ...args], log, { env, cwd })
    const limit = setTimeout(() => child.process.kill('SIGKILL'), TIMEOUT_MS)
    const ending = await child.ended
    clearTimeout(limit)
    if (ending !== 0) throw new Error(`cdk ${args.join(' ')} ended with ${ending}:\n${child.log()}`)
    return readFileSync(log, 'utf8')
  }

  /** The app is made anew each time, as it is for a user. */
  const runApp = (args: readonly string[], context: Context): Promise<string> => {
    const values = Object.entries(context).flatMap(([name, value]) => ['-c', `${name}=${value}`])
    return run([...args, '--output', join(folder, 'out'), ...values], join(root, 'cdk'))
  }

  return {
    async bootstrap() {
      await run(['bootstrap', 'aws://000000000000/us-east-1'], folder)
    },
    async deploy(context) {
      const file = join(folder, 'outputs.json')
      const options = ['--all', '--require-approval', 'never', '--outputs-file', file]
      const said = await runApp(['deploy', ...options], context)
      const stacks = JSON.parse(readFileSync(file, 'utf8')) as Record<string, Record<string, string>>
      return { said, outputs: Object.assign({}, ...Object.values(stacks)) }
    },
    async destroy(context) {
      await runApp(['destroy', '--all', '--force'], context)
    },
    close: () => rmSync(folder, { recursive: true, force: true }),
  }
}
