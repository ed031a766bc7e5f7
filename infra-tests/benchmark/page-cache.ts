/**
 * Fills the memory that nobody uses with page cache, as it is on a machine that has been up for a while. A virtual
 * machine may hand free memory back to its host; the first write to such a page then costs the host's fault, up to ten
 * times the write itself, and whichever broker writes next would pay for it. Clean pages of a sparse file are taken
 * back at once when somebody needs memory, and cost no disk.
 */
import { ftruncateSync, mkdtempSync, openSync, readFileSync, readSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const KEPT_FREE_BYTES = 640 << 20
const PAGE_BYTES = 4096
const FILE_BYTES = 2 ** 40
const chunk = Buffer.allocUnsafe(4 << 20)
let descriptor: number | undefined
let position = 0

export function fillPageCache(): void {
  descriptor ??= sparseFile()
  for (let missing = freeBytes() - KEPT_FREE_BYTES; missing > 0; missing -= chunk.length) {
    readSync(descriptor, chunk, 0, chunk.length, position)
    position = (position + chunk.length) % FILE_BYTES
  }
}

/** Gives it back: what reads from the disk needs pages of its own, and taking others back for them would be measured. */
export function emptyPageCache(): void {
  if (descriptor === undefined) return
  ftruncateSync(descriptor, 0)
  ftruncateSync(descriptor, FILE_BYTES)
}

/** So much may be written and not yet be on the disk before Linux begins to write back. */
export function bytesBeforeWriteBack(): number {
  const match = /^nr_dirty_background_threshold (\d+)$/m.exec(readFileSync('/proc/vmstat', 'utf8'))
  if (!match) throw new Error('no nr_dirty_background_threshold in /proc/vmstat')
  return Number(match[1]) * PAGE_BYTES
}

function freeBytes(): number {
  const match = /MemFree:\s+(\d+) kB/.exec(readFileSync('/proc/meminfo', 'utf8'))
  if (!match) throw new Error('no MemFree in /proc/meminfo')
  return Number(match[1]) * 1024
}

/** Without a name: it goes, with its pages, when this process ends. */
function sparseFile(): number {
  const folder = mkdtempSync(join(tmpdir(), 'freshet-bench-'))
  const opened = openSync(join(folder, 'sparse'), 'w+')
  rmSync(folder, { recursive: true })
  ftruncateSync(opened, FILE_BYTES)
  return opened
}
