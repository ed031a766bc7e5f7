import { close, open } from 'node:fs'
import { promisify } from 'node:util'
import { readOpenFiles } from './node-process.ts'

const openAsync = promisify(open)
const closeAsync = promisify(close)

/** With those that a broker has by itself these are more than 512, for which the kernel makes room for 1,024. */
const RESERVED = 512
/** At a time: whoever needs one meanwhile waits for one thread at most. */
const TOGETHER = 64

/**
 * Has the kernel make room for many open files. It doubles their table when that is full, and keeps whoever opens a file
 * or accepts a connection just then waiting for all processors, up to 65 ms each time: here that is a thread which nobody
 * waits for. Nothing is done where the process may not have twice as many.
 */
export async function reserveDescriptors(count = RESERVED): Promise<void> {
  if ((readOpenFiles()?.max ?? 0) < 2 * count) return
  const opened: number[] = []
  const openOne = async () => void opened.push(await openAsync('/dev/null', 'r'))
  try {
    while (opened.length < count) await Promise.all(Array.from({ length: TOGETHER }, openOne))
  } finally {
    await Promise.all(opened.map((descriptor) => closeAsync(descriptor)))
  }
}
