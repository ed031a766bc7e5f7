import { expect, test } from 'vitest'
import { MemoryDisk } from '../../runtime/memory-disk.ts'
import { FilePool, PooledFile } from './file-pool.ts'

function setUp(limit: number) {
  const disk = new MemoryDisk()
  disk.makeFolder('/d')
  const pool = new FilePool(disk, limit)
  return { disk, pool, file: (name: string) => new PooledFile(pool, `/d/${name}`) }
}

test('the least recently used file is closed when there are too many', () => {
  const { pool, file } = setUp(2)
  const [a, b, c] = [file('a'), file('b'), file('c')]
  a.use('write')
  b.use('write')
  a.use('read')
  c.use('write')
  expect([a, b, c].map(({ handle }) => handle !== undefined)).toEqual([true, false, true])
  expect(pool.openCount).toBe(2)
})

test('a file opened for reading is opened anew for writing, and then serves both', () => {
  const { file } = setUp(2)
  const a = file('a')
  a.use('write').write([Buffer.from('x')], 0)
  a.close()
  const reader = a.use('read')
  const writer = a.use('write')
  expect(writer).not.toBe(reader)
  expect(a.use('read')).toBe(writer)
  expect(() => reader.size()).toThrow('EBADF')
})

test('what was not used since the last sweep is closed', () => {
  const { pool, file } = setUp(9)
  const [a, b] = [file('a'), file('b')]
  a.use('write')
  b.use('write')
  pool.closeIdle()
  expect(pool.openCount).toBe(2)
  a.use('read')
  pool.closeIdle()
  expect([a.handle, b.handle].map((handle) => handle !== undefined)).toEqual([true, false])
})

test('a file that is closed during its fsync stays open below until that is done', async () => {
  const { file } = setUp(1)
  const a = file('a')
  const handle = a.use('write')
  const syncing = a.sync()
  file('b').use('write')
  expect(a.handle).toBeUndefined()
  expect(handle.size()).toBe(0)
  await syncing
  expect(() => handle.size()).toThrow('EBADF')
})
