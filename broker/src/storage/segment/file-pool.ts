/**
 * A bounded set of open files. A partition names its files once and uses them as if they were always open;
 * the
 * least recently used ones are closed when there are too many, and all idle ones by and by.
 */
import type { Disk, DiskFile, OpenMode } from '../../runtime/types.ts'
import { assert } from '../assert.ts'
import { ColdRead } from './cold-read.ts'

export class FilePool {
  readonly disk: Disk
  readonly #limit: number
  #openCount = 0
  #newest: PooledFile | undefined
  #oldest: PooledFile | undefined
  #sweep = 0
  /** What the disk has brought in for the attempt that runs; undefined outside of attempts. */
  #broughtIn: readonly ColdRead[] | undefined

  constructor(disk: Disk, limit = 512) {
    assert(limit > 0, 'a file pool holds at least one file')
    this.disk = disk
    this.#limit = limit
  }

  get openCount(): number {
    return this.#openCount
  }

  /** The open file, opened or reopened as needed. Valid until the next call of the pool. */
  use(file: PooledFile, mode: OpenMode): DiskFile {
    file.usedInSweep = this.#sweep
    if (file.handle !== undefined && (mode === 'read' || file.mode === 'write')) {
      if (this.#newest !== file) {
        this.#unlink(file)
        this.#linkNewest(file)
      }
      return file.handle
    }
    this.close(file)
    this.#makeRoom()
    const handle = this.disk.open(file.path, mode)
    file.handle = handle
    file.mode = mode
    this.#linkNewest(file)
    this.#openCount++
    return handle
  }

  /** Runs what only reads, up to the first read that most likely keeps the event loop waiting for the disk. */
  attempt<T>(task: () => T, broughtIn: readonly ColdRead[] = NOTHING): T | ColdRead {
    this.#broughtIn = broughtIn
    try {
      return task()
    } catch (error) {
      if (error instanceof ColdRead) return error
      throw error
    } finally {
      this.#broughtIn = undefined
    }
  }

  read(file: PooledFile, target: Uint8Array, position: number): number {
    const handle = this.use(file, 'read')
    if (this.#broughtIn === undefined) return handle.read(target, position)
    return ColdRead.read(file, handle, target, position, this.#broughtIn)
  }

  /** As a file does, but for what was brought in for the attempt that runs. */
  bringIn(file: PooledFile, sizeBytes: number, position: number): Promise<void> | undefined {
    const handle = this.use(file, 'read')
    if (ColdRead.areAmong(this.#broughtIn ?? NOTHING, file, sizeBytes, position)) return undefined
    return handle.bringIn(sizeBytes, position)
  }

  /** A file that is being synced is closed once that is done. */
  close(file: PooledFile): void {
    if (file.handle === undefined) return
    this.#unlink(file)
    this.#openCount--
    const { handle } = file
    file.handle = undefined
    if (file.syncsInFlight === 0) handle.close()
    else file.closeAfterSync.push(handle)
  }

  /** Closes what nobody used since the previous call. */
  closeIdle(): void {
    while (this.#oldest !== undefined && this.#oldest.usedInSweep < this.#sweep) this.close(this.#oldest)
    this.#sweep++
  }

  #makeRoom(): void {
    while (this.#openCount >= this.#limit && this.#oldest !== undefined) this.close(this.#oldest)
  }

  #linkNewest(file: PooledFile): void {
    file.older = this.#newest
    if (this.#newest !== undefined) this.#newest.newer = file
    this.#newest = file
    this.#oldest ??= file
  }

  #unlink(file: PooledFile): void {
    if (file.newer !== undefined) file.newer.older = file.older
    else this.#newest = file.older
    if (file.older !== undefined) file.older.newer = file.newer
    else this.#oldest = file.newer
    file.newer = undefined
    file.older = undefined
  }
}

export class PooledFile {
  readonly path: string
  readonly #pool: FilePool
  handle: DiskFile | undefined
  mode: OpenMode = 'read'
  usedInSweep = 0
  newer: PooledFile | undefined
  older: PooledFile | undefined
  syncsInFlight = 0
  closeAfterSync: DiskFile[] = NONE

  constructor(pool: FilePool, path: string) {
    this.#pool = pool
    this.path = path
  }

  use(mode: OpenMode): DiskFile {
    return this.#pool.use(this, mode)
  }

  /** As a DiskFile does. */
  read(target: Uint8Array, position: number): number {
    return this.#pool.read(this, target, position)
  }

  bringIn(sizeBytes: number, position: number): Promise<void> | undefined {
    return this.#pool.bringIn(this, sizeBytes, position)
  }

  close(): void {
    this.#pool.close(this)
  }

  async sync(): Promise<void> {
    const handle = this.use('read')
    if (this.syncsInFlight++ === 0) this.closeAfterSync = []
    try {
      await handle.sync()
    } finally {
      if (--this.syncsInFlight === 0) {
        for (const closed of this.closeAfterSync) closed.close()
        this.closeAfterSync = NONE
      }
    }
  }
}

const NONE: DiskFile[] = []
const NOTHING: readonly ColdRead[] = []
