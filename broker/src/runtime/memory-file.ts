/** An open file of a MemoryDisk, which decides what works and what goes wrong. */
import type { MemoryContent } from './memory-content.ts'
import type { DiskOperation, MemoryDisk } from './memory-disk.ts'
import type { DiskFile } from './types.ts'

export class MemoryFile implements DiskFile {
  readonly path: string
  readonly #disk: MemoryDisk
  readonly #content: MemoryContent
  readonly #generation: number
  #isOpen = true

  constructor(disk: MemoryDisk, path: string, content: MemoryContent, generation: number) {
    this.#disk = disk
    this.path = path
    this.#content = content
    this.#generation = generation
  }

  size(): number {
    this.#check('stat')
    return this.#content.size
  }

  read(target: Uint8Array, position: number): number {
    this.#check('read')
    const sizeBytes = this.#content.read(target, position)
    this.#disk.afterRead(this.path, target.subarray(0, sizeBytes))
    return sizeBytes
  }

  bringIn(): Promise<void> | undefined {
    return this.#disk.beforeRead(this.path)
  }

  readNow(target: Uint8Array, position: number): number | Promise<void> {
    return this.bringIn() ?? this.read(target, position)
  }

  write(buffers: readonly Uint8Array[], position: number): void {
    this.#check('write')
    const bytes = this.#disk.instead(this.path, Buffer.concat(buffers))
    const growth = Math.max(0, position + bytes.length - this.#content.size)
    const missing = growth - this.#disk.roomFor(growth)
    this.#content.write(bytes.subarray(0, bytes.length - missing), position)
    this.#content.modifiedMs = this.#disk.nowMs
    if (missing > 0) throw systemError('ENOSPC', 'write', this.path)
  }

  truncate(sizeBytes: number): void {
    this.#check('truncate')
    this.#content.truncate(sizeBytes)
  }

  async sync(): Promise<void> {
    this.#check('stat')
    const mark = this.#content.changeCount
    await this.#disk.synced(this.path, this.#generation)
    if (!this.#disk.liesAboutSync) this.#content.sync(mark)
  }

  close(): void {
    this.#isOpen = false
  }

  #check(operation: DiskOperation): void {
    if (!this.#isOpen || this.#disk.isGone(this.#generation)) throw systemError('EBADF', operation, this.path)
    this.#disk.check(operation, this.path)
  }
}

export function systemError(code: string, operation: string, path: string): Error {
  return Object.assign(new Error(`${code}: ${operation} '${path}'`), { code })
}
