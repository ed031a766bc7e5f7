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
  deletions.run(10, 8)
  await new Promise(setImmediate)
  expect(contents().sort()).toEqual(['second', 'third'])
  deletions.run(20, 8)
  await new Promise(setImmediate)
  retire('fourth', 30)
  expect(disk.list(FOLDER)).toEqual(['0.log.deleted'])
})
