/**
 * Memory as it is on a machine that has been up for long. A virtual machine may hand free memory back to its host, blocks
 * of two mebibytes and more at a time (free page reporting of the balloon). While the host takes them the whole machine
 * stands still, for half a second and more, and the first write to each of their pages costs the host's fault, up to ten times the
 * write itself: whichever broker runs at that moment would pay for it.
 */
import {
  closeSync,
  existsSync,
  ftruncateSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  rmSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const LEFT_FREE_BYTES = 256 << 20
const PAGE_BYTES = 4096
/** Without reading ahead: the page cache takes single pages for it then. */
const READ_BYTES = 16 * PAGE_BYTES
/** Four in each block that could be handed back. */
const BYTES_PER_KEPT_PAGE = 128 * PAGE_BYTES
const FILE_BYTES = 2 ** 41
const DEVICES = '/sys/bus/virtio/devices'
const BALLOON = '0x0005'
/** VIRTIO_BALLOON_F_REPORTING. */
const REPORTS_FREE_PAGES = 5

/** So that no two mebibytes are free together, one page in 128 is kept until the process ends. */
let kept: Buffer | undefined

/**
 * Breaks up what is free, once for all that a process measures: all of it is used, as page cache of a sparse file, and
 * given back but for single pages in between. It takes about 2 s a gibibyte; nothing is done where no memory is handed back.
 */
export function keepMemory(): void {
  if (kept !== undefined || !handsMemoryBack()) return
  kept = Buffer.allocUnsafeSlow(Math.ceil(freeBytes() / BYTES_PER_KEPT_PAGE) * PAGE_BYTES)
  const file = sparseFile()
  const chunk = Buffer.allocUnsafeSlow(READ_BYTES)
  let position = FILE_BYTES
  for (let page = 0; page < kept.length && freeBytes() > LEFT_FREE_BYTES; page += PAGE_BYTES) {
    // Backwards, as somebody would read who will not want what follows.
    for (let read = 0; read < BYTES_PER_KEPT_PAGE; read += READ_BYTES) {
      position -= 2 * READ_BYTES
      readSync(file, chunk, 0, READ_BYTES, position)
    }
    kept[page] = 1
  }
  closeSync(file)
}

/** So much may be written and not yet be on the disk before Linux begins to write back. */
export function bytesBeforeWriteBack(): number {
  const match = /^nr_dirty_background_threshold (\d+)$/m.exec(readFileSync('/proc/vmstat', 'utf8'))
  if (!match) throw new Error('no nr_dirty_background_threshold in /proc/vmstat')
  return Number(match[1]) * PAGE_BYTES
}

function handsMemoryBack(): boolean {
  if (!existsSync(DEVICES)) return false
  return readdirSync(DEVICES).some((device) => {
    const about = (name: string) => readFileSync(join(DEVICES, device, name), 'utf8').trim()
    return about('device') === BALLOON && about('features')[REPORTS_FREE_PAGES] === '1'
  })
}

function freeBytes(): number {
  const match = /MemFree:\s+(\d+) kB/.exec(readFileSync('/proc/meminfo', 'utf8'))
  if (!match) throw new Error('no MemFree in /proc/meminfo')
  return Number(match[1]) * 1024
}

/** Without a name: it goes, with its pages, when it is closed. */
function sparseFile(): number {
  const folder = mkdtempSync(join(tmpdir(), 'freshet-bench-'))
  const opened = openSync(join(folder, 'sparse'), 'w+')
  rmSync(folder, { recursive: true })
  ftruncateSync(opened, FILE_BYTES)
  return opened
}
