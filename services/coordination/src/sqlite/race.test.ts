import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openSqliteStore } from './store.ts'

const PROCESSES = 4
const ROUNDS = 60
const folder = mkdtempSync(join(tmpdir(), 'freshet-race-'))
const path = join(folder, 'coordination.db')
afterAll(() => rmSync(folder, { recursive: true }))

describe('several processes on one file', () => {
  let results: { indexes: number[]; tokens: number[]; electedRounds: number[] }[] = []

  beforeAll(async () => {
    const store = openSqliteStore({ path })
    await store.leases.acquire('shared-fence', 'test', 60_000)
    results = await Promise.all(Array.from({ length: PROCESSES }, (_, id) => race(`p-${id}`)))
    await store.close()
  })

  test('every index of the log has exactly one winner, and holds its payload', async () => {
    const winners = results.flatMap(({ indexes }, id) => indexes.map((index) => `${index} p-${id}:${index}`))
    const store = openSqliteStore({ path })
    const entries = await store.logs.read('log', 0, 10_000)
    await store.close()
    const written = entries.map(({ index, payload }) => `${index} ${new TextDecoder().decode(payload)}`)
    expect(written.length).toBe(ROUNDS)
    expect(winners.sort()).toEqual(written.sort())
  })

  test('every election has exactly one winner', () => {
    const elected = results.flatMap(({ electedRounds }) => electedRounds).sort((a, b) => a - b)
    expect(elected).toEqual(Array.from({ length: ROUNDS }, (_, round) => round))
  })

  test('no token of a lease is given twice, and each holder sees its own rise', () => {
    const tokens = results.flatMap((result) => result.tokens)
    expect(new Set(tokens).size).toBe(tokens.length)
    for (const result of results) expect(result.tokens).toEqual(result.tokens.toSorted((a, b) => a - b))
  })
})

test('many processes may create the same file at once', async () => {
  const fresh = join(folder, 'fresh.db')
  const script = `import { openSqliteStore } from ${JSON.stringify(join(import.meta.dirname, 'store.ts'))}
    const store = openSqliteStore({ path: ${JSON.stringify(fresh)} })
    await store.documents.put('k/' + process.pid, 1)
    await store.close()`
  const run = promisify(execFile)
  await Promise.all(
    Array.from({ length: 6 }, () => run(process.execPath, ['--input-type=module', '-e', script])),
  )
  const store = openSqliteStore({ path: fresh })
  expect(await store.documents.list('k/')).toHaveLength(6)
  await store.close()
})

test('a file that stays locked is UNAVAILABLE after the busy timeout, without blocking the event loop', async () => {
  const path = join(folder, 'locked.db')
  const store = openSqliteStore({ path, busyTimeoutMs: 300 })
  const patient = openSqliteStore({ path, busyTimeoutMs: 20_000 })
  const other = new DatabaseSync(path)
  other.exec('BEGIN IMMEDIATE')
  await expect(store.documents.put('a', 1)).rejects.toMatchObject({ code: 'UNAVAILABLE' })
  expect(await store.documents.get('a')).toBeUndefined()
  const put = patient.documents.put('a', 1)
  // If waiting blocked this process, it would be given up before the other connection lets go below.
  await new Promise((resolve) => setTimeout(resolve, 50))
  other.exec('ROLLBACK')
  other.close()
  expect(await put).toBe(1)
  await store.close()
  await patient.close()
})

test('a file of a newer schema version is refused', async () => {
  const newer = join(folder, 'newer.db')
  await openSqliteStore({ path: newer }).close()
  const database = new DatabaseSync(newer)
  database.exec('UPDATE schema_version SET version = 99')
  database.close()
  expect(() => openSqliteStore({ path: newer })).toThrow(/schema version 99/)
})

async function race(
  holder: string,
): Promise<{ indexes: number[]; tokens: number[]; electedRounds: number[] }> {
  const script = join(import.meta.dirname, 'race-process.ts')
  const { stdout } = await promisify(execFile)(process.execPath, [script, path, holder, String(ROUNDS)])
  return JSON.parse(stdout)
}
