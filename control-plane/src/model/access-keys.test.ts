import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { memoryDocuments, NOW } from '../testing/fixtures.ts'
import { AccessKeys, loadSealingKey } from './access-keys.ts'

const SEALING_KEY = Buffer.alloc(32, 7)

it.each(['127.0.0.1', '127.1.2.3', '::1', '::ffff:127.0.0.1'])(
  'accepts the development key from %s',
  async (peer) => {
    const keys = new AccessKeys(memoryDocuments(), SEALING_KEY)
    expect(await keys.findSecret('test', undefined, peer)).toBe('test')
    expect(await keys.findSecret('test', 'any-session-token', peer)).toBe('test')
  },
)

it.each(['10.0.0.7', '::ffff:10.0.0.7', '127.0.0.1.example.com', '1127.0.0.1', '', undefined])(
  'refuses the development key from %s',
  async (peer) => {
    expect(
      await new AccessKeys(memoryDocuments(), SEALING_KEY).findSecret('test', undefined, peer),
    ).toBeUndefined()
  },
)

it('recovers the secret of an issued key, from any peer, but with no session token', async () => {
  const keys = new AccessKeys(memoryDocuments(), SEALING_KEY)
  const { accessKeyId, secretAccessKey } = await keys.issue(NOW)
  expect(accessKeyId).toMatch(/^AKFR[A-Z2-7]{16}$/)
  expect(secretAccessKey).toHaveLength(40)
  expect(await keys.findSecret(accessKeyId, undefined, '10.0.0.7')).toBe(secretAccessKey)
  expect(await keys.findSecret(accessKeyId, 'token', '10.0.0.7')).toBeUndefined()
  expect(await keys.findSecret('AKFRAAAAAAAAAAAAAAAA', undefined, '10.0.0.7')).toBeUndefined()
  expect(await keys.findSecret('../clusters/orders', undefined, '10.0.0.7')).toBeUndefined()
})

it('keeps secrets unreadable without the sealing key', async () => {
  const documents = memoryDocuments()
  const { accessKeyId, secretAccessKey } = await new AccessKeys(documents, SEALING_KEY).issue(NOW)
  expect(JSON.stringify(await documents.list(''))).not.toContain(secretAccessKey)
  const thief = new AccessKeys(documents, Buffer.alloc(32, 8))
  await expect(thief.findSecret(accessKeyId, undefined, '10.0.0.7')).rejects.toThrow()
})

it('makes a sealing key once, for its owner only', () => {
  const folder = mkdtempSync(join(tmpdir(), 'sealing-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const file = join(folder, 'sealing-key')
  const key = loadSealingKey(file)
  expect(key).toHaveLength(32)
  expect(statSync(file).mode & 0o777).toBe(0o600)
  expect(loadSealingKey(file)).toEqual(key)
  writeFileSync(file, 'short')
  expect(() => loadSealingKey(file)).toThrow('sealing key')
})
