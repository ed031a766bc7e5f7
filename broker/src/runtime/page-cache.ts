import { createRequire } from 'node:module'
import { constants } from 'node:os'
import type koffiOf from 'koffi'

/**
 * Whether a read can be answered from the page cache: `preadv2` with RWF_NOWAIT gives what is there and does not wait for
 * the disk (preadv2(2); Linux 4.14, ext4, XFS, Btrfs). A byte of each 128 KiB is asked for, about a microsecond each:
 * nearly all that is missing is seen so. Where the system or the file system cannot tell, the answer is yes.
 */
export function isInPageCache(descriptor: number, sizeBytes: number, position: number): boolean {
  if (readNow === undefined) return true
  const last = position + sizeBytes - 1
  for (let at = position; at < last; at += SAMPLED_BYTES) {
    if (!readNow.canRead(descriptor, at)) return false
  }
  return readNow.canRead(descriptor, last)
}

/** To be called once before: what it takes are 10 ms and 6 MB, which a broker without records can do without. */
export function prepareToAsk(): void {
  if (isKnown) readNow ??= new ReadNow()
}

const SAMPLED_BYTES = 128 << 10
/** From Linux's <linux/fs.h>. */
const RWF_NOWAIT = 8

class ReadNow {
  readonly #koffi: typeof koffiOf = createRequire(import.meta.url)('koffi')
  readonly #preadv2 = this.#koffi
    .load(null)
    .func('int64_t preadv2(int descriptor, void *pieces, int count, int64_t position, int flags)')
  /** Held here for as long as its address is in use. */
  readonly #byte = Buffer.allocUnsafeSlow(1)
  /** An address and a size, as `struct iovec`. */
  readonly #piece = new BigUint64Array([this.#koffi.address(this.#byte), 1n])

  /** What else is wrong than that the disk is needed, the read itself reports. */
  canRead(descriptor: number, position: number): boolean {
    const bytesRead = this.#preadv2(descriptor, this.#piece, 1, position, RWF_NOWAIT)
    return bytesRead >= 0 || this.#koffi.errno() !== constants.errno.EAGAIN
  }
}

/** Elsewhere `off_t` and pointers may have 32 bits. */
const isKnown = process.platform === 'linux' && (process.arch === 'x64' || process.arch === 'arm64')
let readNow: ReadNow | undefined
