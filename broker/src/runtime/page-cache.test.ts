import { closeSync, mkdtempSync, openSync, readSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { CANNOT_TELL, isInPageCache, prepareToAsk, readFromPageCache } from './page-cache.ts'
import { canForget, forgetPages } from './test-page-cache.ts'

/** More than the system reads ahead. */
const SIZE_BYTES = 30_000_000
const CONTENT = Buffer.from(Uint32Array.from({ length: SIZE_BYTES / 4 }, (_, index) => index).buffer)
let folder = ''
let path = ''
let file = 0

beforeEach(() => {
  prepareToAsk()
  folder = mkdtempSync(join(tmpdir(), 'freshet-page-cache-'))
  path = join(folder, 'segment')
  writeFileSync(path, CONTENT)
  file = openSync(path, 'r')
})

afterEach(() => {
  closeSync(file)
  rmSync(folder, { recursive: true })
})

test('what was just written is there, wherever it is asked for', () => {
  expect(isInPageCache(file, SIZE_BYTES, 0)).toBe(true)
  expect(isInPageCache(file, 1, 0)).toBe(true)
  expect(isInPageCache(file, 65_537, 1_234_567)).toBe(true)
})

test('behind the end of a file there is nothing to wait for', () => {
  expect(isInPageCache(file, 100, SIZE_BYTES - 10)).toBe(true)
  expect(isInPageCache(file, SIZE_BYTES, SIZE_BYTES)).toBe(true)
})

test('whoever asks for what cannot be read hears of it from the read', () => {
  expect(isInPageCache(-1, 100, 0)).toBe(true)
})

test.skipIf(!canForget)('what the system has let go of is not there', () => {
  forgetPages(path)
  expect(isInPageCache(file, 100, 0)).toBe(false)
})

test.skipIf(!canForget)('a range is there only if all of it is', () => {
  forgetPages(path)
  readSync(file, Buffer.alloc(3 << 20), 0, 3 << 20, 0)
  expect(isInPageCache(file, SIZE_BYTES, 0)).toBe(false)
  expect(isInPageCache(file, 3 << 20, 0)).toBe(true)
})

test.each([1, 256, 257, 70_001])('%i bytes are read from the page cache into a view', (sizeBytes) => {
  const position = 123
  const target = Buffer.alloc(sizeBytes + 20, 'x')
  expect(readFromPageCache(file, target.subarray(10, 10 + sizeBytes), position)).toBe(sizeBytes)
  const around = Buffer.alloc(10, 'x')
  const expected = Buffer.concat([around, CONTENT.subarray(position, position + sizeBytes), around])
  expect(target.equals(expected)).toBe(true)
})

test('a read ends with the file', () => {
  expect(readFromPageCache(file, Buffer.alloc(1_000), SIZE_BYTES - 10)).toBe(10)
  expect(readFromPageCache(file, Buffer.alloc(100), SIZE_BYTES)).toBe(0)
})

test('a read of what is no file says nothing of the page cache', () => {
  expect(readFromPageCache(-1, Buffer.alloc(1_000), 0)).toBe(CANNOT_TELL)
})
