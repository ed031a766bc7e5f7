/** Runs other people's programs: input in, output and exit code out, always with a time limit. */
import { spawn } from 'node:child_process'

export interface RunOptions {
  readonly input?: string
  readonly timeoutMs?: number
  readonly env?: Readonly<Record<string, string>>
  readonly cwd?: string
}

export interface Outcome {
  readonly exitCode: number
  readonly stdout: string
  readonly stderr: string
  /** Both, as they came. */
  readonly output: string
}

/** Ends with whatever exit code the program has; rejects if it cannot start or takes too long. */
export function runProgram(
  command: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<Outcome> {
  const { input = '', timeoutMs = 60_000, env = {}, cwd = process.cwd() } = options
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { env: { ...process.env, ...env }, cwd, stdio: 'pipe' })
    let [stdout, stderr, output] = ['', '', '']
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text
      output += text
    })
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text
      output += text
    })
    const limit = setTimeout(() => {
      child.kill('SIGKILL')
      reject(new Error(`${commandLine(command, args)} took longer than ${timeoutMs} ms:\n${output}`))
    }, timeoutMs)
    child.on('error', (error) => {
      clearTimeout(limit)
      reject(error)
    })
    child.on('close', (code, signal) => {
      clearTimeout(limit)
      resolve({ exitCode: code ?? 128, stdout, stderr: signal ? `${stderr}(${signal})` : stderr, output })
    })
    // A program may end without reading its input; that is its right.
    child.stdin.on('error', () => {})
    child.stdin.end(input)
  })
}

/** Like runProgram, but any exit code other than 0 is an error that shows the output. */
export async function mustRun(
  command: string,
  args: readonly string[],
  options?: RunOptions,
): Promise<Outcome> {
  const outcome = await runProgram(command, args, options)
  if (outcome.exitCode !== 0) {
    throw new Error(`${commandLine(command, args)} ended with ${outcome.exitCode}:\n${outcome.output}`)
  }
  return outcome
}

function commandLine(command: string, args: readonly string[]): string {
  return [command, ...args].join(' ').slice(0, 400)
}
