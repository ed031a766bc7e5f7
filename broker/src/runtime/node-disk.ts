import {
  closeSync,
  constants,
  existsSync,
  fstatSync,
  fsync,
  ftruncateSync,
  mkdirSync,
  openSync,
  read,
  readdirSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  statfsSync,
  statSync,
  writeFileSync,
  writeSync,
  writevSync,
} from 'node:fs'
import { open, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { promisify } from 'node:util'
import { Gate } from './codecs/gate.ts'
import { isInPageCache, prepareToAsk, readFromPageCache, WOULD_WAIT } from './page-cache.ts'
import type { Disk, DiskFile, OpenMode } from './types.ts'

const fsyncAsync = promisify(fsync)
const readAsync = promisify(read)

/** The most buffers that one writev takes on Linux and macOS (IOV_MAX). */
const BUFFERS_PER_WRITE_MAX = 1024

/** What is brought in stays with the system; this is what Node needs to have it read. */
const thrownAway = Buffer.allocUnsafeSlow(1 << 20)
/** Node's pool has four threads, which syncs and compression share. */
const bringing = new Gate(2)

/**
 * The machine's own disk. Reads and writes are synchronous: they meet the page cache, once `bringIn` was awaited where it
 * asks for that; every fsync is not.
 */
export const nodeDisk: Disk = {
  open: (path, mode) => new NodeFile(path, mode),
  list,
  exists: (path) => existsSync(path),
  stat(path) {
    const stats = statSync(path)
    return { sizeBytes: stats.size, modifiedMs: stats.mtimeMs }
  },
  makeFolder: (path) => mkdirSync(path, { recursive: true }) !== undefined,
  remove: (path) => rmSync(path, { recursive: true, force: true }),
  removeAside: (path) => rm(path, { recursive: true, force: true }),
  rename: (from, to) => renameSync(from, to),
  readFile: (path) => readFileSync(path),
  // Asked for in this way, Node opens, reads and closes the file in one call.
  readText: (path) => readFileSync(path, 'utf8'),
  writeFile: (path, data) => writeFileSync(path, data),
  async replaceFile(path, data) {
    const temporary = `${path}.tmp`
    const handle = await open(temporary, 'w')
    try {
      await handle.writeFile(data)
      await handle.sync()
    } finally {
      await handle.close()
    }
    await rename(temporary, path)
    await syncFolder(dirname(path))
  },
  syncFolder,
  space(path) {
    const stats = statfsSync(path)
    return { totalBytes: stats.blocks * stats.bsize, usableBytes: stats.bavail * stats.bsize }
  },
}

function list(path: string): string[] {
  try {
    return readdirSync(path).sort()
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return []
    throw error
  }
}

async function syncFolder(path: string): Promise<void> {
  const handle = await open(path, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

class NodeFile implements DiskFile {
  readonly path: string
  readonly #descriptor: number
  #isClosed = false
  #bringing = 0

  constructor(path: string, mode: OpenMode) {
    this.path = path
    prepareToAsk()
    this.#descriptor = openSync(
      path,
      mode === 'read' ? constants.O_RDONLY : constants.O_RDWR | constants.O_CREAT,
    )
  }

  size(): number {
    return fstatSync(this.#descriptor).size
  }

  read(target: Uint8Array, position: number): number {
    let done = 0
    while (done < target.length) {
      const count = readSync(this.#descriptor, target, done, target.length - done, position + done)
      if (count === 0) break
      done += count
    }
    return done
  }

  bringIn(sizeBytes: number, position: number, blockBytes = 1): Promise<void> | undefined {
    if (isInPageCache(this.#descriptor, sizeBytes, position)) return undefined
    return this.#bringInBlocks(sizeBytes, position, blockBytes)
  }

  readNow(target: Uint8Array, position: number, blockBytes = 1): number | Promise<void> {
    const count = readFromPageCache(this.#descriptor, target, position)
    if (count >= 0) return count
    if (count === WOULD_WAIT) return this.#bringInBlocks(target.length, position, blockBytes)
    return this.read(target, position)
  }

  #bringInBlocks(sizeBytes: number, position: number, blockBytes: number): Promise<void> {
    this.#bringing += 1
    const from = position - (position % blockBytes)
    const to = Math.ceil((position + sizeBytes) / blockBytes) * blockBytes
    return bringing.run(() => this.#bringIn(to - from, from))
  }

  async #bringIn(sizeBytes: number, position: number): Promise<void> {
    try {
      for (let done = 0; done < sizeBytes && !this.#isClosed; ) {
        const length = Math.min(sizeBytes - done, thrownAway.length)
        const { bytesRead } = await readAsync(this.#descriptor, thrownAway, 0, length, position + done)
        if (bytesRead === 0) break
        done += bytesRead
      }
    } catch {
      // The read that follows meets the same, and reports it.
    }
    this.#bringing -= 1
    try {
      this.#closeIfDone()
    } catch {
      // Who closed it waits no more, and whoever wrote to it hears of a failure from the sync.
    }
  }

  write(buffers: readonly Uint8Array[], position: number): void {
    for (let first = 0; first < buffers.length; first += BUFFERS_PER_WRITE_MAX) {
      const group = buffers.slice(first, first + BUFFERS_PER_WRITE_MAX)
      const written = group.length === 1 ? 0 : writevSync(this.#descriptor, group, position)
      position += this.#finishShortWrite(group, written, position)
    }
  }

  /** A vectored write may stop early (a signal, a nearly full disk); the rest goes buffer by buffer. */
  #finishShortWrite(group: readonly Uint8Array[], written: number, position: number): number {
    let start = 0
    for (const buffer of group) {
      const end = start + buffer.length
      if (end > written) {
        const from = Math.max(0, written - start)
        this.#writeWhole(buffer.subarray(from), position + start + from)
      }
      start = end
    }
    return start
  }

  #writeWhole(buffer: Uint8Array, position: number): void {
    let done = 0
    while (done < buffer.length) {
      done += writeSync(this.#descriptor, buffer, done, buffer.length - done, position + done)
    }
  }

  truncate(sizeBytes: number): void {
    ftruncateSync(this.#descriptor, sizeBytes)
  }

  async sync(): Promise<void> {
    await fsyncAsync(this.#descriptor)
  }

  /** Not under a read that is on its way: the number may be another file's by then. */
  close(): void {
    this.#isClosed = true
    this.#closeIfDone()
  }

  #closeIfDone(): void {
    if (this.#isClosed && this.#bringing === 0) closeSync(this.#descriptor)
  }
}
