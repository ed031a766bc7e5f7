import { hkdfSync } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import * as z from 'zod'
import { loadSealingKey } from './model/access-keys.ts'
import type { SecretSource } from './options.ts'

/** What nobody but the control planes of a service knows, the same for all of them. */
export interface Secrets {
  /** Issued access keys are sealed under it. */
  readonly sealingKey: Buffer
  /** Hosts' tokens follow from it; the agent of a laptop has it itself. */
  readonly agentToken: string
  /** An access key that need not be issued first. */
  readonly adminKey?: AccessKey
}

export interface AccessKey {
  readonly accessKeyId: string
  readonly secretAccessKey: string
}

/** Throws an error with a one-line message for a person. */
export async function readSecrets(source: SecretSource, fetch: FetchSecret): Promise<Secrets> {
  const adminKey =
    source.adminKeyId === undefined ? {} : { adminKey: parseAdminKey(await fetch(source.adminKeyId)) }
  if (source.kind === 'files') {
    const { dataFolder, agentTokenFile } = source
    const sealingKey = loadSealingKey(join(dataFolder, 'sealing-key'))
    if (!existsSync(agentTokenFile))
      throw new Error(`${agentTokenFile} is missing: the secret that agents know`)
    return { sealingKey, agentToken: readFileSync(agentTokenFile, 'utf8').trim(), ...adminKey }
  }
  const secret = await fetch(source.secretId)
  if (secret.length < MIN_SECRET_LENGTH)
    throw new Error(`The secret ${source.secretId} is shorter than ${MIN_SECRET_LENGTH} characters`)
  return {
    sealingKey: derived(secret, 'sealing key'),
    agentToken: derived(secret, 'agents').toString('hex'),
    ...adminKey,
  }
}

export type FetchSecret = (secretId: string) => Promise<string>

/** One secret to keep, several to use: none of them tells anything of the others. */
function derived(secret: string, purpose: string): Buffer {
  return Buffer.from(hkdfSync('sha256', secret, '', `freshet ${purpose}`, KEY_BYTES))
}

function parseAdminKey(text: string): AccessKey {
  const parsed = adminKey.safeParse(parseJson(text))
  if (parsed.success) return parsed.data
  const issues = parsed.error.issues.map(
    ({ path, message }) => `${path.join('.') || 'the secret'}: ${message}`,
  )
  throw new Error(`The secret of --admin-key is no access key: ${issues.join('; ')}`)
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // Whatever is wrong with it, an error must not quote a secret.
    return undefined
  }
}

const KEY_BYTES = 32
const MIN_SECRET_LENGTH = 32
const adminKey = z.object({
  accessKeyId: z.string().regex(/^AKFR[A-Z2-7]{16}$/, 'AKFR and 16 characters of A-Z and 2-7 are needed'),
  secretAccessKey: z.string().min(32).max(256),
})
