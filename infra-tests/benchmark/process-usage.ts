/** CPU time and memory of a process, from /proc: what a broker cost while a load ran. Linux only. */
import { readFileSync } from 'node:fs'

/** USER_HZ, which Linux fixes at 100 for everything that /proc shows. */
const ticksPerSecond = 100

/** User and system time of all threads so far. */
export function cpuSecondsOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  // The program's name, in parentheses, may contain spaces: count from behind it.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond
}

/** How long a process's first thread, in Node the event loop, was ready to run and had no processor. */
export function processorWaitMsOf(pid: number): number {
  const [, waitedNanoseconds] = readFileSync(`/proc/${pid}/schedstat`, 'utf8').split(' ')
  return Number(waitedNanoseconds) / 1e6
}

export function residentMegabytesOf(pid: number): number {
  const match = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))
  if (!match) throw new Error(`no VmRSS of process ${pid}`)
  return Number(match[1]) / 1024
}

/** What all processors of the machine did, idle time left out: shows whether others disturbed a run. */
export function machineCpuSeconds(): number {
  const [first] = readFileSync('/proc/stat', 'utf8').split('\n')
  const [user = 0, nice = 0, system = 0, , , interrupt = 0, softInterrupt = 0] = (first ?? '')
    .trim()
    .split(/\s+/)
    .slice(1)
    .map(Number)
  return (user + nice + system + interrupt + softInterrupt) / ticksPerSecond
}
