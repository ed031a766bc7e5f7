import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, afterEach, expect, test } from 'vitest'
import type { CoordinationStore } from '../types.ts'
import type { SyncFile } from './commit-sync.ts'
import { openSqliteStore } from './store.ts'

const folder = mkdtempSync(join(tmpdir(), 'freshet-commit-sync-'))
const opened: CoordinationStore[] = []
let files = 0
let path = ''

afterEach(async () => {
  for (const store of opened.splice(0)) await store.close()
})
afterAll(() => rmSync(folder, { recursive: true }))

test('while one process waits for its disk, or was stopped there, others take its lease over and write', async () => {
  const disk = new Disk()
  const stuck = openFirst(disk.sync)
  const mine = (await stuck.leases.acquire('controller', 'a', 20))!
  disk.stop()
  const unfinished = stuck.logs.append('log', 0, [bytes('from a')], mine)
  await disk.isAsked()
  await new Promise((resolve) => setTimeout(resolve, 25))

  const other = openAgain()
  const theirs = (await other.leases.acquire('controller', 'b', 60_000))!
  expect(await other.logs.append('log', 1, [bytes('from b')], theirs)).toBe(2)

  disk.goOn()
  expect(await unfinished).toBe(1)
  await expect(stuck.logs.append('log', 2, [bytes('late')], mine)).rejects.toMatchObject({ code: 'FENCED' })
})

test('nobody acts on an entry or a document that is not on the disk yet', async () => {
  const writersDisk = new Disk()
  const writer = openFirst(writersDisk.sync)
  const lease = (await writer.leases.acquire('controller', 'a', 60_000))!
  const readersDisk = new Disk()
  const reader = openAgain(readersDisk.sync)
  expect(await reader.logs.read('log', 0, 10)).toEqual([])
  expect(readersDisk.syncs).toBe(0)

  writersDisk.stop()
  readersDisk.stop()
  const appended = writer.logs.append('log', 0, [bytes('new')], lease)
  const put = writer.documents.put('document', 'new')
  await writersDisk.isAsked()
  const read = [
    reader.logs.read('log', 0, 10),
    writer.logs.read('log', 0, 10),
    reader.documents.get('document'),
  ]
  await readersDisk.isAsked()
  expect(await isPending(read)).toBe(true)
  readersDisk.goOn()
  writersDisk.goOn()
  await Promise.all([appended, put, ...read])

  const { syncs } = readersDisk
  await reader.logs.read('log', 0, 10)
  await reader.documents.get('document')
  expect(readersDisk.syncs).toBe(syncs)
})

test('writes that wait for the disk together are synced together', async () => {
  const disk = new Disk()
  const store = openFirst(disk.sync)
  await Promise.all(Array.from({ length: 50 }, (_, at) => store.documents.put(`document/${at}`, at)))
  expect(disk.syncs).toBeLessThanOrEqual(2)
})

test('after an fsync failed nothing counts as written until it was written elsewhere', async () => {
  const disk = new Disk()
  const store = openFirst(disk.sync)
  await store.documents.put('document', 'first')
  disk.fail()
  await expect(store.documents.put('document', 'second')).rejects.toMatchObject({ code: 'UNAVAILABLE' })

  const reader = new DatabaseSync(path)
  reader.exec('BEGIN; SELECT * FROM document')
  await expect(store.documents.put('document', 'third')).rejects.toMatchObject({ code: 'UNAVAILABLE' })
  reader.close()
  expect(await store.documents.put('document', 'fourth')).toBe(4)
  expect(statSync(`${path}-wal`).size).toBe(0)
  expect((await store.documents.get('document'))?.value).toBe('fourth')
})

/** Counts the times that it was asked to sync, and does so unless it was stopped or told to fail once. */
class Disk {
  syncs = 0
  #isFailing = false
  #stopped: Promise<void> | undefined
  #goOn: () => void = () => {}
  #asked: () => void = () => {}
  #isAsked: Promise<void> = Promise.resolve()

  readonly sync: SyncFile = async () => {
    this.syncs += 1
    this.#asked()
    await this.#stopped
    if (!this.#isFailing) return
    this.#isFailing = false
    throw new Error('EIO')
  }

  stop(): void {
    this.#stopped = new Promise((resolve) => {
      this.#goOn = resolve
    })
    this.#isAsked = new Promise((resolve) => {
      this.#asked = resolve
    })
  }

  isAsked(): Promise<void> {
    return this.#isAsked
  }

  goOn(): void {
    this.#goOn()
  }

  fail(): void {
    this.#isFailing = true
  }
}

function openFirst(syncFile: SyncFile): CoordinationStore {
  path = join(folder, `${files++}.db`)
  return openAgain(syncFile)
}

function openAgain(syncFile?: SyncFile): CoordinationStore {
  const store = openSqliteStore({ path, ...(syncFile === undefined ? {} : { syncFile }) })
  opened.push(store)
  return store
}

/** Whether none of them has ended, however long they had. */
async function isPending(promises: readonly Promise<unknown>[]): Promise<boolean> {
  const patience = new Promise<string>((resolve) => setTimeout(resolve, 50, 'pending'))
  return (await Promise.race([patience, ...promises])) === 'pending'
}

function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text)
}
