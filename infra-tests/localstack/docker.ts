/** Docker from tests: the image, and compose in the form that this machine has. */
import { spawnSync } from 'node:child_process'
import { basename, resolve } from 'node:path'
import { type Outcome, runProgram } from '../support/programs.ts'
import { ensureBaseImage } from './base-image.ts'

const root = resolve(import.meta.dirname, '../..')
const BUILD_TIMEOUT_MS = 300_000
const COMMAND_TIMEOUT_MS = 120_000

/**
 * Builds the image from what was bundled last and returns its name. FRESHET_BASE_IMAGE names another base, FRESHET_IMAGE
 * an image that is there already.
 */
export async function ensureImage(): Promise<string> {
  if (process.env.FRESHET_IMAGE !== undefined) return process.env.FRESHET_IMAGE
  const name = 'freshet:test'
  const base = process.env.FRESHET_BASE_IMAGE ?? ensureBaseImage()
  const script = resolve(root, 'services/cli/image.mjs')
  const built = await runProgram(process.execPath, [script, '--tag', name, '--base', base], {
    timeoutMs: BUILD_TIMEOUT_MS,
  })
  if (built.exitCode !== 0) throw new Error(`the image was not built: ${built.stdout}${built.stderr}`)
  return name
}

/** The command's standard output; what fails is an error that says why. */
export async function docker(...args: string[]): Promise<string> {
  return output(await runProgram('docker', args, { timeoutMs: COMMAND_TIMEOUT_MS }), `docker ${args[0]}`)
}

/** Each compose file is a project of its own. */
export async function compose(file: string, image: string, ...args: string[]): Promise<string> {
  const all = ['-p', `test-${basename(file, '.yaml')}`, '-f', resolve(root, file), ...args]
  const options = { timeoutMs: COMMAND_TIMEOUT_MS, env: { FRESHET_IMAGE: image } }
  const outcome = hasPlugin()
    ? await runProgram('docker', ['compose', ...all], options)
    : await runProgram('docker-compose', all, options)
  return output(outcome, `compose ${args[0]}`)
}

function hasPlugin(): boolean {
  return spawnSync('docker', ['compose', 'version'], { stdio: 'ignore' }).status === 0
}

function output({ exitCode, stdout, stderr }: Outcome, what: string): string {
  if (exitCode !== 0) throw new Error(`${what} failed (${exitCode}): ${stderr}${stdout}`)
  return stdout.trim()
}
