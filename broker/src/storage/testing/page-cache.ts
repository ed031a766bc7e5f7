/** For tests: which pages of a memory disk's files the system has, and which reads had to wait for the disk. */
import type { MemoryDisk } from '../../runtime/memory-disk.ts'
import type { DiskFile, OpenMode } from '../../runtime/types.ts'

const PAGE_BYTES = 4096

export class TestPageCache {
  /** Whether files say what they lack; else they trust that there is nothing. */
  isDoubted = true
  /** What the event loop had to wait for. */
  readonly waits: string[] = []
  /** How often the disk brought something in, off the event loop. */
  bringIns = 0
  readonly #pages = new Set<string>()

  /** Of all files that are opened from now on. */
  constructor(disk: MemoryDisk) {
    const open = disk.open.bind(disk)
    disk.open = (path: string, mode: OpenMode): DiskFile => this.#watched(open(path, mode))
  }

  forget(): void {
    this.#pages.clear()
  }

  #watched(file: DiskFile): DiskFile {
    const { path } = file
    return {
      path,
      size: () => file.size(),
      read: (target, position) => {
        for (const page of this.#missing(path, target.length, position)) this.waits.push(page)
        this.#add(path, target.length, position)
        return file.read(target, position)
      },
      bringIn: (sizeBytes, position) => {
        if (!this.isDoubted || this.#missing(path, sizeBytes, position).length === 0) return undefined
        this.bringIns += 1
        return Promise.resolve().then(() => this.#add(path, sizeBytes, position))
      },
      write: (buffers, position) => file.write(buffers, position),
      truncate: (sizeBytes) => file.truncate(sizeBytes),
      sync: () => file.sync(),
      close: () => file.close(),
    }
  }

  #add(path: string, sizeBytes: number, position: number): void {
    for (const page of this.#missing(path, sizeBytes, position)) this.#pages.add(page)
  }

  #missing(path: string, sizeBytes: number, position: number): string[] {
    const missing: string[] = []
    for (let page = Math.floor(position / PAGE_BYTES); page * PAGE_BYTES < position + sizeBytes; page++) {
      if (!this.#pages.has(`${path} ${page}`)) missing.push(`${path} ${page}`)
    }
    return missing
  }
}
