/**
 * Everything nondeterministic that the broker touches: time, timers, randomness, disk and network.
 * Production code gets these interfaces injected and names no global, so that a whole cluster can run inside
 * one seeded simulation. Disk calls complete synchronously where the page cache does.
 */
export interface Runtime {
  readonly clock: Clock
  readonly timers: Timers
  readonly random: Random
  readonly disk: Disk
  readonly network: Network
  readonly codecs: Codecs
}

export interface Clock {
  /** Wall clock, milliseconds since the Unix epoch. May jump. */
  now(): number
  /** Milliseconds since an arbitrary start, fractional, never goes back. */
  monotonic(): number
}

/**
 * One moment by both. Deadlines follow monotonic time: nobody has fallen silent because the clock on the wall jumped.
 * What is written down, or compared with what was, is time of the wall: it means something to the next process, too.
 */
export interface Moment {
  readonly monotonicMs: number
  readonly wallMs: number
}

export interface Timer {
  cancel(): void
}

export interface Timers {
  /** Runs `task` once, `delayMs` from now. Does not keep the process alive. */
  after(delayMs: number, task: () => void): Timer
  /** Runs `task` at the end of this turn of the event loop, after all input that is ready now was handled. */
  endOfTurn(task: () => void): void
}

export interface Random {
  /** Cryptographically strong in production. */
  bytes(count: number): Buffer
  /** A whole number in [0, limit). */
  below(limit: number): number
}

export type OpenMode = 'read' | 'write'

/** Errors carry Node's `code` (ENOSPC, EIO, ENOENT, ...). */
export interface Disk {
  /** 'write' opens for reading and writing and creates the file if it is missing. */
  open(path: string, mode: OpenMode): DiskFile
  /** Names in a folder, sorted; an empty list if there is no such folder. */
  list(path: string): string[]
  exists(path: string): boolean
  stat(path: string): { sizeBytes: number; modifiedMs: number }
  /** With all above it. Returns whether it is new. */
  makeFolder(path: string): boolean
  /** Removes a file or a whole folder; nothing happens if it is missing. */
  remove(path: string): void
  /** As `remove`, off the event loop: giving back the blocks of a large file takes a file system many milliseconds. */
  removeAside(path: string): Promise<void>
  rename(from: string, to: string): void
  readFile(path: string): Buffer
  /** As `readFile`, of a small text. */
  readText(path: string): string
  /** Plain write of a small file: not atomic, not synced. */
  writeFile(path: string, data: Uint8Array): void
  /** Replaces a small file so that a crash leaves the old or the new one: temporary file, fsync, rename, fsync of folder. */
  replaceFile(path: string, data: Uint8Array): Promise<void>
  /** Fsyncs a folder, so that names created in it survive a power loss. */
  syncFolder(path: string): Promise<void>
  space(path: string): { totalBytes: number; usableBytes: number }
}

export interface DiskFile {
  readonly path: string
  size(): number
  /** Fills `target` from `position`; returns the bytes read, less than asked only at the end of the file. */
  read(target: Uint8Array, position: number): number
  /**
   * Has the disk bring what is to be read into the page cache, off the event loop; undefined if all of it is there
   * already. If not, whole blocks come, for what lies around is wanted next. Never rejects: what the disk refuses, the read
   * itself reports.
   */
  bringIn(sizeBytes: number, position: number, blockBytes?: number): Promise<void> | undefined
  /** As `read`, unless the event loop would wait for the disk: then the disk brings it in, as with `bringIn`. */
  readNow(target: Uint8Array, position: number, blockBytes?: number): number | Promise<void>
  /** Writes all buffers one after the other at `position` (one vectored system call); throws if not all was written. */
  write(buffers: readonly Uint8Array[], position: number): void
  truncate(sizeBytes: number): void
  /** fsync, off the event loop. */
  sync(): Promise<void>
  close(): void
}

/** The compressions of record batches. */
export type CodecName = 'gzip' | 'snappy' | 'lz4' | 'zstd'

/** Compresses and decompresses the records of batches, off the event loop. */
export interface Codecs {
  /** The level counts for gzip and zstd; left out, it is the library's own. */
  compress(codec: CodecName, bytes: Buffer, level?: number): Promise<Buffer>
  /** Rejects with a CodecError what is malformed, and what would come to more than `sizeBytesMax`. */
  decompress(codec: CodecName, bytes: Buffer, sizeBytesMax: number): Promise<Buffer>
}

export interface Address {
  readonly host: string
  readonly port: number
}

export interface Network {
  /** Resolves once bound. Rejects with code EADDRINUSE when taken. Port 0 takes a free one. */
  listen(address: Address, onConnection: (socket: Socket) => void): Promise<Listener>
  /** Never throws: a failure arrives as `onClose` with an error. */
  connect(address: Address): Socket
}

export interface Listener {
  readonly address: Address
  close(): Promise<void>
}

export interface Socket {
  readonly remoteAddress: string
  readonly remotePort: number
  /** `chunk` is valid only during the call: the buffer behind it is reused. */
  onData: (chunk: Buffer) => void
  onClose: (error: Error | undefined) => void
  onDrain: () => void
  onConnect: () => void
  /** Queues buffers in order; calls `done` once the system has taken them or the socket closed. Returns false when the send queue is full. */
  write(buffers: readonly Uint8Array[], done?: () => void): boolean
  pause(): void
  resume(): void
  /** Sends what is queued, then closes. */
  end(): void
  /** Closes at once; `onClose` follows. */
  destroy(): void
}
