import { createRequire } from 'node:module'
import { constants } from 'node:os'
import type koffiOf from 'koffi'

/** What a read says in place of a number of bytes: the disk is needed, or the system cannot tell. */
export const WOULD_WAIT = -1
export const CANNOT_TELL = -2

/**
 * Reads what the page cache has, and never waits for the disk: `preadv2` with RWF_NOWAIT (preadv2(2); Linux 4.14, ext4, XFS,
 * Btrfs). Fewer bytes than `target` has room for only at the end of the file; else `WOULD_WAIT`, or `CANNOT_TELL`: what else
 * is wrong a read without this reports.
 */
export function readFromPageCache(descriptor: number, target: Uint8Array, position: number): number {
  return readNow?.read(descriptor, target, position) ?? CANNOT_TELL
}

/**
 * Whether a read can be answered from the page cache. A byte of each 128 KiB is asked for, about a microsecond each: nearly
 * all that is missing is seen so. Where the system or the file system cannot tell, the answer is yes.
 */
export function isInPageCache(descriptor: number, sizeBytes: number, position: number): boolean {
  if (readNow === undefined) return true
  const last = position + sizeBytes - 1
  for (let at = position; at < last; at += SAMPLED_BYTES) {
    if (!readNow.hasByte(descriptor, at)) return false
  }
  return readNow.hasByte(descriptor, last)
}

/** To be called once before: what it takes are 10 ms and 6 MB, which a broker without records can do without. */
export function prepareToAsk(): void {
  if (isKnown) readNow ??= new ReadNow()
}

const SAMPLED_BYTES = 128 << 10
/**
 * Copying so few is done sooner than finding out where they are to go; and what V8 keeps in its own heap, where it would
 * move, has at most 64.
 */
const SMALL_BYTES_MAX = 256
/** From Linux's <linux/fs.h>. */
const RWF_NOWAIT = 8

class ReadNow {
  readonly #koffi: typeof koffiOf = createRequire(import.meta.url)('koffi')
  readonly #preadv2 = this.#koffi
    .load(null)
    .func('int64_t preadv2(int descriptor, void *pieces, int count, int64_t position, int flags)')
  /** Held here for as long as its address is in use. */
  readonly #small = Buffer.allocUnsafeSlow(SMALL_BYTES_MAX)
  readonly #smallAddress = this.#koffi.address(this.#small)
  /** An address and a size, as `struct iovec`. */
  readonly #piece = new BigUint64Array(2)

  read(descriptor: number, target: Uint8Array, position: number): number {
    const { length } = target
    if (length > SMALL_BYTES_MAX)
      return this.#readTo(this.#koffi.address(target), length, descriptor, position)
    const count = this.#readTo(this.#smallAddress, length, descriptor, position)
    if (count > 0) target.set(this.#small.subarray(0, count))
    return count
  }

  hasByte(descriptor: number, position: number): boolean {
    return this.#readTo(this.#smallAddress, 1, descriptor, position) !== WOULD_WAIT
  }

  #readTo(address: bigint, sizeBytes: number, descriptor: number, position: number): number {
    let done = 0
    while (done < sizeBytes) {
      this.#piece[0] = address + BigInt(done)
      this.#piece[1] = BigInt(sizeBytes - done)
      const count = this.#preadv2(descriptor, this.#piece, 1, position + done, RWF_NOWAIT)
      if (count < 0) return this.#koffi.errno() === constants.errno.EAGAIN ? WOULD_WAIT : CANNOT_TELL
      if (count === 0) break
      done += count
    }
    return done
  }
}

/** Elsewhere `off_t` and pointers may have 32 bits. */
const isKnown = process.platform === 'linux' && (process.arch === 'x64' || process.arch === 'arm64')
let readNow: ReadNow | undefined
