import { constants } from 'node:os'
import koffi from 'koffi'

/**
 * Whether a read can be answered from the page cache: `preadv2` with RWF_NOWAIT gives what is there and does not wait for
 * the disk (preadv2(2); Linux 4.14, ext4, XFS, Btrfs). What it gives is thrown away, over and over into the same few
 * pages: that takes half as long as the read itself, and a read from the disk in the event loop a hundred times as long.
 * Where the system or the file system cannot tell, the answer is yes.
 */
export function isInPageCache(descriptor: number, sizeBytes: number, position: number): boolean {
  if (readNow === undefined) return true
  for (let done = 0; done < sizeBytes; ) {
    const count = readNow.read(descriptor, Math.min(sizeBytes - done, READ_BYTES_MAX), position + done)
    if (count === 0) return true
    if (count < 0) {
      const reason = koffi.errno()
      if (reason !== constants.errno.EINTR) return reason !== constants.errno.EAGAIN
    } else {
      done += count
    }
  }
  return true
}

const PIECE_BYTES = 64 << 10
const PIECES_MAX = 16
const READ_BYTES_MAX = PIECE_BYTES * PIECES_MAX
/** From Linux's <linux/fs.h>. */
const RWF_NOWAIT = 8

class ReadNow {
  readonly #preadv2 = koffi
    .load(null)
    .func('int64_t preadv2(int descriptor, void *pieces, int count, int64_t position, int flags)')
  /** Held here for as long as its address is in use. */
  readonly #thrownAway = Buffer.allocUnsafeSlow(PIECE_BYTES)
  /** An address and a size each, as `struct iovec`. */
  readonly #pieces = new BigUint64Array(2 * PIECES_MAX)

  constructor() {
    const address = koffi.address(this.#thrownAway)
    for (let piece = 0; piece < PIECES_MAX; piece++) {
      this.#pieces.set([address, BigInt(PIECE_BYTES)], 2 * piece)
    }
  }

  /** As the system call: the bytes that were there, 0 at the end of the file, -1 for a reason that `errno` has. */
  read(descriptor: number, sizeBytes: number, position: number): number {
    const count = Math.ceil(sizeBytes / PIECE_BYTES)
    const sizeOfLast = 2 * count - 1
    this.#pieces[sizeOfLast] = BigInt(sizeBytes - (count - 1) * PIECE_BYTES)
    const bytesRead = this.#preadv2(descriptor, this.#pieces, count, position, RWF_NOWAIT)
    this.#pieces[sizeOfLast] = BigInt(PIECE_BYTES)
    return bytesRead
  }
}

/** Elsewhere `off_t` and pointers may have 32 bits. */
const isKnown = process.platform === 'linux' && (process.arch === 'x64' || process.arch === 'arm64')
const readNow = isKnown ? new ReadNow() : undefined
