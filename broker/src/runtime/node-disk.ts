import {
  closeSync,
  constants,
  existsSync,
  fstatSync,
  fsync,
  ftruncateSync,
  mkdirSync,
  openSync,
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
import type { Disk, DiskFile, OpenMode } from './types.ts'

const fsyncAsync = promisify(fsync)

/** The most buffers that one writev takes on Linux and macOS (IOV_MAX). */
const BUFFERS_PER_WRITE_MAX = 1024

/** The machine's own disk. Reads and writes are synchronous: they meet the page cache; every fsync is not. */
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

  constructor(path: string, mode: OpenMode) {
    this.path = path
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

  close(): void {
    closeSync(this.#descriptor)
  }
}
