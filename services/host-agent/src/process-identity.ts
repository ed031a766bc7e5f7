/**
 * Who a process is. A pid alone is given again to others, so an identity also holds when the process started;
 * no signal is ever sent by pid alone.
 */
import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'

export interface ProcessIdentity {
  readonly pid: number
  /** Opaque: boot id and clock ticks on Linux, `ps -o lstart` elsewhere. */
  readonly startedAt: string
}

/** The living process with this pid; undefined if there is none, or only its zombie. */
export function identify(pid: number): ProcessIdentity | undefined {
  const startedAt = ON_LINUX ? startTimeFromProc(pid) : startTimeFromPs(pid)
  return startedAt === undefined ? undefined : { pid, startedAt }
}

export function isAlive(identity: ProcessIdentity): boolean {
  return identify(identity.pid)?.startedAt === identity.startedAt
}

/** Cheap enough to ask ten times a second. Elsewhere than on Linux it trusts that a pid is not given again so fast. */
export function stillRuns(identity: ProcessIdentity): boolean {
  return ON_LINUX ? isAlive(identity) : pidExists(identity.pid)
}

/** Signals the process if it still is the same one; returns whether it was. */
export function signalProcess(identity: ProcessIdentity, signal: NodeJS.Signals): boolean {
  if (!isAlive(identity)) return false
  try {
    return process.kill(identity.pid, signal)
  } catch (error) {
    if (hasCode(error, 'ESRCH')) return false
    throw error
  }
}

/** Running processes by the file behind `--config` on their command lines: brokers that nobody wrote down. */
export function findByConfigFile(): Map<string, ProcessIdentity> {
  const found = new Map<string, ProcessIdentity>()
  for (const { pid, configFile } of ON_LINUX ? commandLinesFromProc() : commandLinesFromPs()) {
    const identity = identify(pid)
    if (identity !== undefined) found.set(configFile, identity)
  }
  return found
}

export function hasCode(error: unknown, ...codes: readonly string[]): boolean {
  return error instanceof Error && 'code' in error && codes.includes(String(error.code))
}

const ON_LINUX = process.platform === 'linux'
let bootId: string | undefined

function startTimeFromProc(pid: number): string | undefined {
  const stat = readProc(`/proc/${pid}/stat`)
  if (stat === undefined) return undefined
  // The command name, in parentheses, may itself hold spaces and parentheses.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  const [state, startTicks] = [fields[0], fields[19]]
  if (startTicks === undefined || state === 'Z' || state === 'X') return undefined
  bootId ??= readProc('/proc/sys/kernel/random/boot_id')?.trim() ?? ''
  return `${bootId}:${startTicks}`
}

function startTimeFromPs(pid: number): string | undefined {
  if (!pidExists(pid)) return undefined
  const [state, ...started] = runPs(['-o', 'stat=,lstart=', '-p', String(pid)])
    .trim()
    .split(/\s+/)
  return state === undefined || state === '' || state.startsWith('Z') ? undefined : started.join(' ')
}

function pidExists(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return hasCode(error, 'EPERM')
  }
}

interface CommandLine {
  readonly pid: number
  readonly configFile: string
}

function commandLinesFromProc(): CommandLine[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      const words = (readProc(`/proc/${name}/cmdline`) ?? '').split('\0')
      const at = words.indexOf('--config')
      const configFile = at < 0 ? undefined : words[at + 1]
      return configFile === undefined ? [] : [{ pid: Number(name), configFile }]
    })
}

function commandLinesFromPs(): CommandLine[] {
  return runPs(['-axo', 'pid=,command='])
    .split('\n')
    .flatMap((line) => {
      const [, pid, configFile] = /^\s*(\d+) .* --config (.*server\.properties)/.exec(line) ?? []
      return configFile === undefined ? [] : [{ pid: Number(pid), configFile }]
    })
}

function readProc(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ESRCH', 'EACCES')) return undefined
    throw error
  }
}

/** ps exits with 1 when the process is not there. */
function runPs(options: string[]): string {
  try {
    return execFileSync('ps', options, {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
      maxBuffer: 64 * 1024 * 1024,
    })
  } catch (error) {
    if (error instanceof Error && 'status' in error && error.status === 1) return ''
    throw error
  }
}
