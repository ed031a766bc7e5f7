import { expect, test } from 'vitest'
import { MemoryDisk } from './memory-disk.ts'
import { seededRandom } from './seeded-random.ts'

function written(disk: MemoryDisk): string {
  return disk.exists('/d/f') ? disk.readFile('/d/f').toString('latin1') : ''
}

test('a killed process loses its open files and nothing else', () => {
  const disk = new MemoryDisk()
  disk.makeFolder('/d')
  const file = disk.open('/d/f', 'write')
  file.write([Buffer.from('ab'), Buffer.from('cd')], 0)
  disk.kill()
  expect(() => file.size()).toThrow('EBADF')
  expect(written(disk)).toBe('abcd')
})

test('a power loss keeps what was synced, and tears the rest at any byte', async () => {
  const seen = new Set<string>()
  for (let seed = 1; seed <= 300; seed++) {
    const disk = new MemoryDisk()
    disk.makeFolder('/d')
    const file = disk.open('/d/f', 'write')
    file.write([Buffer.from('ab')], 0)
    await file.sync()
    await disk.syncFolder('/d')
    file.write([Buffer.from('cd')], 2)
    disk.losePower(seededRandom(seed))
    seen.add(written(disk))
  }
  expect(seen).toEqual(new Set(['ab', 'abc', 'abcd', 'ab\0', 'ab\0\0']))
})

test('a name is durable once its folder was synced', async () => {
  const disk = new MemoryDisk()
  disk.makeFolder('/d')
  const lost = { below: () => 0, bytes: () => Buffer.alloc(0) }
  const file = disk.open('/d/f', 'write')
  file.write([Buffer.from('x')], 0)
  await file.sync()
  disk.losePower(lost)
  expect(disk.exists('/d/f')).toBe(false)
  await disk.replaceFile('/d/f', Buffer.from('new'))
  disk.losePower(lost)
  expect(written(disk)).toBe('new')
})

test('a full disk takes what fits and then fails', () => {
  const disk = new MemoryDisk()
  disk.makeFolder('/d')
  disk.capacityBytes = 3
  expect(() => disk.open('/d/f', 'write').write([Buffer.from('abcd')], 0)).toThrow('ENOSPC')
  expect(written(disk)).toBe('abc')
  expect(disk.space('/d')).toEqual({ totalBytes: 3, usableBytes: 0 })
})

test('faults hit the files and operations they name, until they are lifted', () => {
  const disk = new MemoryDisk()
  disk.makeFolder('/d')
  const file = disk.open('/d/f', 'write')
  const lift = disk.fail({ operations: ['write'], code: 'EIO', path: /f$/ })
  expect(() => file.write([Buffer.from('a')], 0)).toThrow('EIO')
  disk.open('/d/g', 'write').write([Buffer.from('a')], 0)
  lift()
  file.write([Buffer.from('a')], 0)
  expect(disk.list('/d')).toEqual(['f', 'g'])
})

test('a misdirected write lands over other bytes, once, and leaves zeros where it should be', () => {
  const disk = new MemoryDisk()
  disk.makeFolder('/d')
  const file = disk.open('/d/f', 'write')
  file.write([Buffer.from('abcd')], 0)
  disk.misdirectWrite(/f$/, { below: (limit) => limit - 1, bytes: () => Buffer.alloc(0) })
  file.write([Buffer.from('efg')], 4)
  expect(written(disk)).toBe('abce\0\0\0')
  file.write([Buffer.from('h')], 7)
  expect(written(disk)).toBe('abce\0\0\0h')
})

test('after stopAfter nothing happens any more until the restart', () => {
  const disk = new MemoryDisk()
  disk.makeFolder('/d')
  const file = disk.open('/d/f', 'write')
  disk.stopAfter(1)
  file.write([Buffer.from('a')], 0)
  expect(() => file.write([Buffer.from('b')], 1)).toThrow('EIO')
  expect(() => disk.list('/d')).toThrow('EIO')
  disk.kill()
  expect(written(disk)).toBe('a')
})

test('removing and renaming folders takes their files along', () => {
  const disk = new MemoryDisk()
  disk.makeFolder('/d/sub')
  disk.writeFile('/d/sub/f', Buffer.from('x'))
  disk.rename('/d/sub', '/d/other')
  expect(disk.list('/d')).toEqual(['other'])
  expect(disk.readFile('/d/other/f').toString()).toBe('x')
  disk.remove('/d/other')
  expect(disk.list('/d')).toEqual([])
  expect(() => disk.open('/d/other/f', 'read')).toThrow('ENOENT')
})
