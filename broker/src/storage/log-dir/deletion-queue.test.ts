import { expect, test } from 'vitest'
import { MemoryDisk } from '../../runtime/memory-disk.ts'
import { DeletionQueue } from './deletion-queue.ts'

const FOLDER = '/d'
const PATH = `${FOLDER}/0.log`

test('what waits for its removal is not replaced by the next file of the same name', async () => {
  const disk = new MemoryDisk()
  disk.makeFolder(FOLDER)
  const deletions = new DeletionQueue(disk)
  const retire = (content: string, dueMs: number) => {
    disk.writeFile(PATH, Buffer.from(content))
    deletions.retire(PATH, dueMs)
  }
  const contents = () => disk.list(FOLDER).map((name) => disk.readFile(`${FOLDER}/${name}`).toString())
  retire('first', 10)
  retire('second', 20)
  retire('third', 20)
  expect(contents().sort()).toEqual(['first', 'second', 'third'])
  expect(disk.list(FOLDER).every((name) => name.endsWith('.deleted'))).toBe(true)
  deletions.run(10)
  await new Promise(setImmediate)
  expect(contents().sort()).toEqual(['second', 'third'])
  deletions.run(20)
  await new Promise(setImmediate)
  retire('fourth', 30)
  expect(disk.list(FOLDER)).toEqual(['0.log.deleted'])
})

test('all that is due is removed, two at a time, however much there is', async () => {
  const disk = new SlowDisk()
  const deletions = new DeletionQueue(disk)
  for (let i = 0; i < 100; i++) {
    disk.makeFolder(`${FOLDER}/${i}`)
    deletions.add(`${FOLDER}/${i}`, i < 90 ? 10 : 20)
  }
  deletions.run(10)
  await waitFor(() => disk.removals === 90)
  deletions.run(15)
  deletions.run(20)
  await waitFor(() => disk.removals === 100)
  expect(disk.removalsAtOnceMax).toBe(2)
})

class SlowDisk extends MemoryDisk {
  removals = 0
  removalsAtOnceMax = 0
  #removalsAtOnce = 0

  override async removeAside(path: string): Promise<void> {
    this.removalsAtOnceMax = Math.max(this.removalsAtOnceMax, ++this.#removalsAtOnce)
    await new Promise(setImmediate)
    this.#removalsAtOnce--
    this.removals++
    // One that fails does not hold the others up.
    if (path.endsWith('7')) throw new Error('EIO')
  }
}

async function waitFor(isDone: () => boolean): Promise<void> {
  for (let turn = 0; turn < 1000 && !isDone(); turn++) await new Promise(setImmediate)
  expect(isDone()).toBe(true)
}
