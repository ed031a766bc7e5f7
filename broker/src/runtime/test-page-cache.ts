/** For tests: has the system let go of what it keeps of a file. */
import { closeSync, fdatasyncSync, openSync, statfsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import koffi from 'koffi'

/** From Linux's <linux/magic.h>. */
const TMPFS = 0x01021994
/** posix_fadvise(2). */
const DONTNEED = 4

/** What lies in memory only stays there. */
export const canForget = process.platform === 'linux' && statfsSync(tmpdir()).type !== TMPFS

export function forgetPages(path: string): void {
  const advise = koffi
    .load(null)
    .func('int posix_fadvise(int descriptor, int64_t position, int64_t size, int advice)')
  const file = openSync(path, 'r+')
  try {
    // Only what is on the disk leaves memory.
    fdatasyncSync(file)
    const reason: number = advise(file, 0, 0, DONTNEED)
    if (reason !== 0) throw new Error(`posix_fadvise of ${path} failed (errno ${reason})`)
  } finally {
    closeSync(file)
  }
}
