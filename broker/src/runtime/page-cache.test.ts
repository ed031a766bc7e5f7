import { closeSync, mkdtempSync, openSync, readSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { isInPageCache, prepareToAsk } from './page-cache.ts'
import { canForget, forgetPages } from './test-page-cache.ts'

/** More than the system reads ahead. */
const SIZE_BYTES = 30_000_000
let folder = ''
let path = ''
let file = 0

beforeEach(() => {
  prepareToAsk()
  folder = mkdtempSync(join(tmpdir(), 'freshet-page-cache-'))
  path = join(folder, 'segment')
  writeFileSync(path, Buffer.alloc(SIZE_BYTES))
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
