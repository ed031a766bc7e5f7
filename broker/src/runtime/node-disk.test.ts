import fs, { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { nodeDisk } from './node-disk.ts'
import { canForget, forgetPages } from './test-page-cache.ts'

const BYTES = Buffer.from('x'.repeat(3_000_000))
let folder = ''
let path = ''

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'freshet-disk-'))
  path = join(folder, 'segment')
  writeFileSync(path, BYTES)
})

afterEach(() => rmSync(folder, { recursive: true }))

test('what the page cache has is not brought in', () => {
  const file = nodeDisk.open(path, 'read')
  expect(file.bringIn(BYTES.length, 0)).toBeUndefined()
  file.close()
})

test.skipIf(!canForget)('what the page cache has let go of is brought in, and read as it is', async () => {
  const file = nodeDisk.open(path, 'read')
  forgetPages(path)
  const broughtIn = file.bringIn(BYTES.length, 0)
  expect(broughtIn).toBeDefined()
  await broughtIn
  expect(file.bringIn(BYTES.length, 0)).toBeUndefined()
  const target = Buffer.alloc(BYTES.length)
  expect(file.read(target, 0)).toBe(BYTES.length)
  expect(target.equals(BYTES)).toBe(true)
  file.close()
})

test.skipIf(!canForget)(
  'a read for which there is no time to wait has the disk bring in what it needs',
  async () => {
    const file = nodeDisk.open(path, 'read')
    const target = Buffer.alloc(BYTES.length)
    expect(file.readNow(target, 0)).toBe(BYTES.length)
    expect(target.equals(BYTES)).toBe(true)
    forgetPages(path)
    const broughtIn = file.readNow(target, 0)
    expect(broughtIn).toBeInstanceOf(Promise)
    await broughtIn
    expect(file.readNow(target, 0)).toBe(BYTES.length)
    file.close()
  },
)

test.skipIf(!canForget)('what lies around in the same block comes with it', async () => {
  const file = nodeDisk.open(path, 'read')
  const blockBytes = 1 << 20
  forgetPages(path)
  await file.bringIn(10, 2 * blockBytes - 100, blockBytes)
  expect(file.bringIn(1, blockBytes)).toBeUndefined()
  file.close()
})

test('what lies behind the end of a file is no error', async () => {
  const file = nodeDisk.open(path, 'read')
  await file.bringIn(BYTES.length, BYTES.length - 10)
  expect(file.read(Buffer.alloc(100), BYTES.length - 10)).toBe(10)
  file.close()
})

test.skipIf(!canForget)(
  'a file that is closed meanwhile is closed when nothing reads it any more',
  async () => {
    const file = nodeDisk.open(path, 'read')
    forgetPages(path)
    const broughtIn = file.bringIn(BYTES.length, 0)
    file.close()
    // It would have the number of the one that was closed.
    const other = nodeDisk.open(path, 'read')
    await broughtIn
    const target = Buffer.alloc(5)
    expect(other.read(target, 0)).toBe(5)
    other.close()
    expect(() => file.size()).toThrow('EBADF')
  },
)

test.skipIf(!canForget)('a file that cannot be closed properly was brought in all the same', async () => {
  const file = nodeDisk.open(path, 'read')
  forgetPages(path)
  const broughtIn = file.bringIn(BYTES.length, 0)
  const { closeSync } = fs
  let failures = 0
  fs.closeSync = (descriptor) => {
    closeSync(descriptor)
    failures += 1
    throw Object.assign(new Error('EIO: i/o error, close'), { code: 'EIO' })
  }
  syncBuiltinESMExports()
  try {
    file.close()
    await broughtIn
  } finally {
    fs.closeSync = closeSync
    syncBuiltinESMExports()
  }
  expect(failures).toBe(1)
})
