/** Looks at processes through /proc. */
import { readdirSync, readFileSync } from 'node:fs'

export interface ProcessInfo {
  readonly pid: number
  readonly command: string
}

export function childrenOf(parent: number): ProcessInfo[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      const pid = Number(name)
      const stat = readProc(pid, 'stat')
      // The program's name, in parentheses, may contain spaces: count from behind it.
      const fields = stat?.slice(stat.lastIndexOf(')') + 2).split(' ')
      return fields && Number(fields[1]) === parent && fields[0] !== 'Z'
        ? [{ pid, command: commandOf(pid) }]
        : []
    })
}

/** Whether the process still lives and its command line contains `mark`: pids are used again. */
export function isAlive(pid: number, mark: string): boolean {
  return commandOf(pid).includes(mark)
}

export function killNow(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch (error) {
    // It may have ended by itself a moment ago.
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error
  }
}

function commandOf(pid: number): string {
  return readProc(pid, 'cmdline')?.replaceAll('\0', ' ') ?? ''
}

function readProc(pid: number, file: string): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ESRCH'))
      return undefined
    throw error
  }
}
