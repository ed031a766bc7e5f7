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
  /** By the event loop. */
  readonly #read = new Set<string>()

  /** Of all files that are opened from now on. */
  constructor(disk: MemoryDisk) {
    const open = disk.open.bind(disk)
    disk.open = (path: string, mode: OpenMode): DiskFile => this.#watched(open(path, mode))
  }

  forget(): void {
    this.#pages.clear()
  }

  /** Lets go of all pages but those that a task reads. */
  keepOnlyRead(task: () => void): void {
    this.#read.clear()
    task()
    this.#pages.clear()
    for (const page of this.#read) this.#pages.add(page)
  }

  #watched(file: DiskFile): DiskFile {
    const { path } = file
    const read = (target: Uint8Array, position: number): number => {
      for (const page of this.#missing(path, target.length, position)) this.waits.push(page)
      for (const page of pagesOf(path, target.length, position)) this.#read.add(page)
      this.#add(path, target.length, position)
      return file.read(target, position)
    }
    const bringIn = (sizeBytes: number, position: number, blockBytes = 1): Promise<void> | undefined => {
      if (!this.isDoubted || this.#missing(path, sizeBytes, position).length === 0) return undefined
      this.bringIns += 1
      const from = position - (position % blockBytes)
      const to = Math.ceil((position + sizeBytes) / blockBytes) * blockBytes
      return Promise.resolve().then(() => this.#add(path, to - from, from))
    }
    return {
      path,
      size: () => file.size(),
      read,
      bringIn,
      readNow: (target, position, blockBytes) =>
        bringIn(target.length, position, blockBytes) ?? read(target, position),
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
    return pagesOf(path, sizeBytes, position).filter((page) => !this.#pages.has(page))
  }
}

function pagesOf(path: string, sizeBytes: number, position: number): string[] {
  const pages: string[] = []
  for (let page = Math.floor(position / PAGE_BYTES); page * PAGE_BYTES < position + sizeBytes; page++) {
    pages.push(`${path} ${page}`)
  }
  return pages
}
