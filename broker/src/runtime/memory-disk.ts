/**
 * A disk in memory that fails on demand: the twin of the real one for simulations and tests.
 *
 * It tells apart what the system has and what would survive a power loss: contents are durable once their file was
 * synced, names once their folder was. `kill` ends the process (all that was written stays), `losePower` the machine
 * (an arbitrary part of what was not synced is gone, the last write torn). Renaming a folder is durable at once.
 */
import { MemoryContent } from './memory-content.ts'
import { MemoryFile, systemError } from './memory-file.ts'
import type { Disk, DiskFile, OpenMode, Random } from './types.ts'

export type DiskOperation =
  | 'open'
  | 'list'
  | 'stat'
  | 'makeFolder'
  | 'remove'
  | 'rename'
  | 'read'
  | 'write'
  | 'truncate'
  | 'sync'

export interface DiskFault {
  readonly operations: readonly DiskOperation[]
  /** ENOSPC, EIO, ... */
  readonly code: string
  /** Which files; all if left out. */
  readonly path?: RegExp
}

interface BitFlip {
  readonly path: RegExp
  readonly random: Random
  /** Whether the bit may lie in this byte of what was read. */
  readonly mayFlip: (bytes: Buffer, position: number) => boolean
}

interface Stray {
  readonly path: RegExp
  readonly random: Random
}

const CHANGING = new Set<DiskOperation>(['makeFolder', 'remove', 'rename', 'write', 'truncate', 'sync'])

interface NameChange {
  readonly folder: string
  readonly apply: (names: Map<string, MemoryContent>) => void
}

export class MemoryDisk implements Disk {
  /** Where the clock of modification times stands. */
  nowMs = 0
  capacityBytes = Infinity
  /** Says that it has synced, and has not. */
  liesAboutSync = false
  /** Every fsync waits for this first. */
  beforeSync: () => Promise<void> = () => Promise.resolve()
  /** What is not in the page cache has to be waited for. */
  beforeRead: (path: string) => Promise<void> | undefined = () => undefined
  readonly #folders = new Set<string>()
  #files = new Map<string, MemoryContent>()
  #durableFiles = new Map<string, MemoryContent>()
  #nameChanges: NameChange[] = []
  #faults: DiskFault[] = []
  #generation = 0
  #changesLeft = Infinity
  #flips: BitFlip[] = []
  #strays: Stray[] = []

  get usedBytes(): number {
    let sum = 0
    for (const content of this.#files.values()) sum += content.size
    return sum
  }

  /** Lets operations fail until the returned function is called. */
  fail(fault: DiskFault): () => void {
    this.#faults.push(fault)
    return () => {
      this.#faults = this.#faults.filter((other) => other !== fault)
    }
  }

  /** Lets `count` more changes happen, and then nothing at all until `kill` or `losePower`. */
  stopAfter(count: number): void {
    this.#changesLeft = count
  }

  /**
   * One bit of what is next read from such a file is wrong, if it is read before the returned function is called; the
   * disk itself still has it right.
   */
  flipBitOnRead(path: RegExp, random: Random, mayFlip: BitFlip['mayFlip'] = () => true): () => void {
    const flip = { path, random, mayFlip }
    this.#flips.push(flip)
    return () => {
      this.#flips = this.#flips.filter((each) => each !== flip)
    }
  }

  /**
   * The next write to such a file lands somewhere else, in this file or another one of those, if it comes before the
   * returned function is called. Where it should be, the file is as long as it should be, and has zeros.
   */
  misdirectWrite(path: RegExp, random: Random): () => void {
    const stray = { path, random }
    this.#strays.push(stray)
    return () => {
      this.#strays = this.#strays.filter((each) => each !== stray)
    }
  }

  get isStopped(): boolean {
    return this.#changesLeft < 0
  }

  /** The process is gone, and its open files with it. */
  kill(): void {
    this.#generation++
    this.#changesLeft = Infinity
  }

  losePower(random: Random): void {
    this.kill()
    const folders = new Set(this.#nameChanges.map((change) => change.folder))
    for (const folder of folders) {
      const changes = this.#nameChanges.filter((change) => change.folder === folder)
      for (const change of changes.slice(0, random.below(changes.length + 1)))
        change.apply(this.#durableFiles)
    }
    this.#nameChanges = []
    this.#files = new Map(this.#durableFiles)
    for (const content of this.#files.values()) content.losePower(random)
  }

  open(path: string, mode: OpenMode): DiskFile {
    this.check('open', path)
    let content = this.#files.get(path)
    if (content === undefined && mode === 'read') throw systemError('ENOENT', 'open', path)
    content ??= this.#link(path)
    return new MemoryFile(this, path, content, this.#generation)
  }

  list(path: string): string[] {
    this.check('list', path)
    const prefix = `${path}/`
    const names = [...this.#files.keys(), ...this.#folders]
      .filter((other) => other.startsWith(prefix))
      .map((other) => other.slice(prefix.length).split('/')[0] ?? '')
    return [...new Set(names)].sort()
  }

  exists(path: string): boolean {
    this.check('stat', path)
    return this.#files.has(path) || this.#folders.has(path)
  }

  stat(path: string): { sizeBytes: number; modifiedMs: number } {
    this.check('stat', path)
    const content = this.#files.get(path)
    if (content === undefined) throw systemError('ENOENT', 'stat', path)
    return { sizeBytes: content.size, modifiedMs: content.modifiedMs }
  }

  makeFolder(path: string): boolean {
    this.check('makeFolder', path)
    const isNew = !this.#folders.has(path)
    for (let folder = path; folder !== ''; folder = folderOf(folder)) this.#folders.add(folder)
    return isNew
  }

  async removeAside(path: string): Promise<void> {
    this.remove(path)
  }

  remove(path: string): void {
    this.check('remove', path)
    const isRemoved = (other: string) => other === path || other.startsWith(`${path}/`)
    for (const folder of this.#folders) if (isRemoved(folder)) this.#folders.delete(folder)
    this.#changeNames(folderOf(path), (names) => {
      for (const name of [...names.keys()]) if (isRemoved(name)) names.delete(name)
    })
  }

  rename(from: string, to: string): void {
    this.check('rename', from)
    const content = this.#files.get(from)
    if (this.#folders.has(from)) {
      this.#renameFolder(from, to)
    } else if (content === undefined) {
      throw systemError('ENOENT', 'rename', from)
    } else {
      this.#changeNames(folderOf(to), (names) => {
        names.delete(from)
        names.set(to, content)
      })
    }
  }

  readFile(path: string): Buffer {
    const file = this.open(path, 'read')
    const bytes = Buffer.alloc(file.size())
    file.read(bytes, 0)
    return bytes
  }

  readText(path: string): string {
    return this.readFile(path).toString()
  }

  writeFile(path: string, data: Uint8Array): void {
    const file = this.open(path, 'write')
    file.truncate(0)
    file.write([data], 0)
  }

  async replaceFile(path: string, data: Uint8Array): Promise<void> {
    const temporary = `${path}.tmp`
    this.writeFile(temporary, data)
    await this.open(temporary, 'write').sync()
    this.rename(temporary, path)
    await this.syncFolder(folderOf(path))
  }

  async syncFolder(path: string): Promise<void> {
    const changes = this.#nameChanges.filter((change) => change.folder === path)
    await this.synced(path, this.#generation)
    if (this.liesAboutSync) return
    for (const change of changes) change.apply(this.#durableFiles)
    this.#nameChanges = this.#nameChanges.filter((change) => !changes.includes(change))
  }

  space(_path: string): { totalBytes: number; usableBytes: number } {
    return { totalBytes: this.capacityBytes, usableBytes: this.capacityBytes - this.usedBytes }
  }

  /** For the open files: throws if the operation is to fail. */
  check(operation: DiskOperation, path: string): void {
    if (this.#changesLeft < 0) throw systemError('EIO', operation, path)
    const fault = this.#faults.find(
      ({ operations, path: pattern }) => operations.includes(operation) && (pattern?.test(path) ?? true),
    )
    if (fault !== undefined) throw systemError(fault.code, operation, path)
    if (CHANGING.has(operation) && --this.#changesLeft < 0) throw systemError('EIO', operation, path)
  }

  /** For the open files: a file of a process that is gone. */
  isGone(generation: number): boolean {
    return generation !== this.#generation
  }

  /** For the open files: an fsync takes its time, in which the world may end. */
  async synced(path: string, generation: number): Promise<void> {
    this.check('sync', path)
    await this.beforeSync()
    if (this.isGone(generation) || this.isStopped) throw systemError('EIO', 'sync', path)
  }

  /** For the open files: spoils what was read if this is the read to spoil. */
  afterRead(path: string, bytes: Uint8Array): void {
    if (this.#flips.length === 0 || bytes.length === 0) return
    const flip = this.#flips.find((each) => each.path.test(path))
    if (flip === undefined) return
    const at = flip.random.below(bytes.length)
    if (!flip.mayFlip(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length), at)) return
    this.#flips = this.#flips.filter((each) => each !== flip)
    bytes[at] = (bytes[at] ?? 0) ^ (1 << flip.random.below(8))
  }

  /** For the open files: writes elsewhere, if this is the write to misdirect. Returns what is written in its place. */
  instead(path: string, bytes: Buffer): Buffer {
    const stray = this.#strays.find((each) => each.path.test(path))
    if (stray === undefined) return bytes
    const targets = [...this.#files].filter(([other, { size }]) => size > 0 && stray.path.test(other))
    const [, target] = targets[stray.random.below(Math.max(1, targets.length))] ?? []
    if (target === undefined) return bytes
    this.#strays = this.#strays.filter((each) => each !== stray)
    const position = stray.random.below(target.size)
    target.write(bytes.subarray(0, target.size - position), position)
    return Buffer.alloc(bytes.length)
  }

  /** For the open files: how much of a growth still fits. */
  roomFor(growthBytes: number): number {
    if (this.capacityBytes === Infinity) return growthBytes
    return Math.max(0, Math.min(growthBytes, this.capacityBytes - this.usedBytes))
  }

  #link(path: string): MemoryContent {
    if (!this.#folders.has(folderOf(path))) throw systemError('ENOENT', 'open', path)
    const content = new MemoryContent()
    content.modifiedMs = this.nowMs
    this.#changeNames(folderOf(path), (names) => names.set(path, content))
    return content
  }

  #changeNames(folder: string, apply: NameChange['apply']): void {
    apply(this.#files)
    this.#nameChanges.push({ folder, apply })
  }

  #renameFolder(from: string, to: string): void {
    const moved = (path: string) =>
      path === from || path.startsWith(`${from}/`) ? to + path.slice(from.length) : path
    for (const folder of [...this.#folders]) {
      this.#folders.delete(folder)
      this.#folders.add(moved(folder))
    }
    this.#nameChanges = []
    this.#files = new Map([...this.#files].map(([path, content]) => [moved(path), content]))
    this.#durableFiles = new Map(this.#files)
  }
}

function folderOf(path: string): string {
  return path.slice(0, Math.max(path.lastIndexOf('/'), 0))
}
