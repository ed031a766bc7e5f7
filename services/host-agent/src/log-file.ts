/** A process's log file, bounded: rotated when the process starts, and emptied into `.1` while it runs. */
import { closeSync, copyFileSync, openSync, readSync, renameSync, statSync, truncateSync } from 'node:fs'
import { hasCode } from './process-identity.ts'

export const ROTATE_AT_START_BYTES = 16 * 1024 * 1024
export const LARGEST_LOG_BYTES = 64 * 1024 * 1024
const TAIL_BYTES = 4096
const LONGEST_LINE = 300

/** Opens for appending; the caller closes the descriptor once the child has it. */
export function openLogFile(path: string, rotateBytes = ROTATE_AT_START_BYTES): number {
  if (sizeOf(path) > rotateBytes) renameSync(path, `${path}.1`)
  return openSync(path, 'a')
}

/** The writer keeps its descriptor: it appends, so after the truncation it goes on at the start of the file. */
export function boundLogFile(path: string, largestBytes = LARGEST_LOG_BYTES): void {
  if (sizeOf(path) <= largestBytes) return
  copyFileSync(path, `${path}.1`)
  truncateSync(path)
}

/** Where a process died without another word, this is what it said last. */
export function lastLine(path: string): string | undefined {
  const from = Math.max(0, sizeOf(path) - TAIL_BYTES)
  const tail = Buffer.alloc(TAIL_BYTES)
  const file = openIfThere(path)
  if (file === undefined) return undefined
  try {
    const text = tail.toString('utf8', 0, readSync(file, tail, 0, TAIL_BYTES, from))
    return text.trim().split('\n').at(-1)?.slice(0, LONGEST_LINE) || undefined
  } finally {
    closeSync(file)
  }
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0
}

function openIfThere(path: string): number | undefined {
  try {
    return openSync(path, 'r')
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined
    throw error
  }
}
