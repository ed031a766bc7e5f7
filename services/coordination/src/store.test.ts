import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, expect, test } from 'vitest'
import { describeConformance } from './conformance.ts'
import { CoordinationError } from './errors.ts'
import { createMemoryStore } from './memory.ts'
import { openStore } from './open-store.ts'
import { openSqliteStore } from './sqlite/store.ts'
import type { CoordinationStore } from './types.ts'

const folder = mkdtempSync(join(tmpdir(), 'freshet-coordination-'))
const opened: CoordinationStore[] = []
let files = 0
let path = ''

afterEach(async () => {
  for (const store of opened.splice(0)) await store.close()
})
afterAll(() => rmSync(folder, { recursive: true }))

describeConformance({
  name: 'memory',
  open: (now) => track(createMemoryStore({ now })),
})

describeConformance({
  name: 'sqlite',
  open(now) {
    path = join(folder, 'clusters', `${files++}.db`)
    return track(openSqliteStore({ path, now }))
  },
  reopen: (now) => track(openSqliteStore({ path, now })),
})

test('a URL chooses the driver', async () => {
  const url = `sqlite://${folder}/by%20url.db`
  await track(await openStore(url)).documents.put('a', 1)
  expect((await track(await openStore(url)).documents.get('a'))?.value).toBe(1)
  await track(await openStore('memory:')).documents.put('a', 1)
  expect(await track(await openStore('memory:')).documents.get('a')).toBeUndefined()
})

test.each(['', 'sqlite://relative.db', 'dynamodb://table', 'dynamodb://t/namespace', 'sqlite:///%'])(
  '%j is no store',
  async (url) => {
    await expect(openStore(url)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
  },
)

test('a file that cannot be opened is a typed error that names it', () => {
  expect(() => openSqliteStore({ path: folder })).toThrow(CoordinationError)
  expect(() => openSqliteStore({ path: folder })).toThrow(folder)
})

function track(store: CoordinationStore): CoordinationStore {
  opened.push(store)
  return store
}
