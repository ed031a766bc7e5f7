import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { readSecrets } from './secrets.ts'

const SECRET = 'x'.repeat(64)
const ADMIN_KEY = { accessKeyId: 'AKFRADMINADMINADMINA', secretAccessKey: 's'.repeat(40) }

it('derives all keys from one secret, the same for every control plane, none of them the secret itself', async () => {
  const read = () => readSecrets({ kind: 'secrets-manager', secretId: 'id' }, async () => SECRET)
  const { sealingKey, agentToken, adminKey } = await read()
  expect(await read()).toEqual({ sealingKey, agentToken })
  expect(sealingKey).toHaveLength(32)
  expect(agentToken).toMatch(/^[0-9a-f]{64}$/)
  expect(agentToken).not.toBe(sealingKey.toString('hex'))
  expect(adminKey).toBeUndefined()
})

it('reads files of the data folder, and makes the sealing key once', async () => {
  const dataFolder = mkdtempSync(join(tmpdir(), 'freshet-secrets-'))
  onTestFinished(() => rmSync(dataFolder, { recursive: true }))
  const agentTokenFile = join(dataFolder, 'agent-token')
  const read = () =>
    readSecrets({ kind: 'files', dataFolder, agentTokenFile }, () => Promise.reject(new Error()))
  await expect(read()).rejects.toThrow(`${agentTokenFile} is missing`)
  writeFileSync(agentTokenFile, 'secret\n')
  const first = await read()
  expect(first.agentToken).toBe('secret')
  expect(await read()).toEqual(first)
})

it('takes an access key from a secret of its own', async () => {
  const source = { kind: 'secrets-manager', secretId: 'id', adminKeyId: 'admin' } as const
  const fetch = async (id: string) => (id === 'admin' ? JSON.stringify(ADMIN_KEY) : SECRET)
  expect((await readSecrets(source, fetch)).adminKey).toEqual(ADMIN_KEY)
})

it.each([
  ['short', JSON.stringify(ADMIN_KEY), 'shorter than 32'],
  [SECRET, 'no JSON', 'the secret: '],
  [SECRET, JSON.stringify({ ...ADMIN_KEY, accessKeyId: 'AKIA' }), 'accessKeyId: AKFR'],
  [SECRET, JSON.stringify({ ...ADMIN_KEY, secretAccessKey: 'hunter2' }), 'secretAccessKey: '],
])('refuses %s with admin key %s in one line that quotes no secret', async (secret, admin, message) => {
  const source = { kind: 'secrets-manager', secretId: 'id', adminKeyId: 'admin' } as const
  const reading = readSecrets(source, async (id) => (id === 'admin' ? admin : secret))
  await expect(reading).rejects.toThrow(message)
  await expect(reading).rejects.toThrow(/^[^\n]+$/)
  await expect(reading).rejects.not.toThrow(/hunter2/)
})
