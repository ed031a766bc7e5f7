import type { DiskFile } from '../../runtime/types.ts'
import type { FilePool, PooledFile } from './file-pool.ts'

/**
 * Thrown, inside of an attempt, in place of a read that would keep the event loop waiting for the disk, which is bringing
 * it in by then.
 */
export class ColdRead extends Error {
  readonly broughtIn: Promise<void>
  readonly #file: PooledFile
  readonly #from: number
  readonly #to: number

  private constructor(file: PooledFile, from: number, to: number, broughtIn: Promise<void>) {
    super(`${file.path} is to be brought in at ${from}`)
    this.#file = file
    this.#from = from
    this.#to = to
    this.broughtIn = broughtIn
  }

  /** As a file does. What was brought in is there, whatever the disk was like before. */
  static read(
    file: PooledFile,
    handle: DiskFile,
    target: Uint8Array,
    position: number,
    broughtIn: readonly ColdRead[],
  ): number {
    const sizeBytes = target.length
    if (ColdRead.areAmong(broughtIn, file, sizeBytes, position)) return handle.read(target, position)
    const read = handle.readNow(target, position, BLOCK_BYTES)
    if (typeof read === 'number') return read
    const from = position - (position % BLOCK_BYTES)
    const to = Math.ceil((position + sizeBytes) / BLOCK_BYTES) * BLOCK_BYTES
    throw new ColdRead(file, from, to, read)
  }

  /** Whether the disk was asked for all these bytes. */
  static areAmong(
    broughtIn: readonly ColdRead[],
    file: PooledFile,
    sizeBytes: number,
    position: number,
  ): boolean {
    return broughtIn.some((cold) => cold.#covers(file, sizeBytes, position))
  }

  #covers(file: PooledFile, sizeBytes: number, position: number): boolean {
    return this.#file === file && this.#from <= position && position + sizeBytes <= this.#to
  }
}

/** A search in an index of 2 MiB, as large as it gets by default with segments of 1 GiB, then waits five times. */
const BLOCK_BYTES = 128 << 10

/**
 * What a task gives that only reads. It runs as if the page cache had everything, and again each time that it has met the
 * disk: for an index, for the headers that this leads to, for the records.
 */
export async function whenBroughtIn<T>(pool: FilePool, task: () => T, met?: ColdRead): Promise<Awaited<T>> {
  const colds: ColdRead[] = []
  for (let cold = met; ; ) {
    if (cold !== undefined) {
      colds.push(cold)
      await cold.broughtIn
    }
    const result = pool.attempt(task, colds)
    if (!(result instanceof ColdRead)) return await result
    cold = result
  }
}
