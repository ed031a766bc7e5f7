import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import type { Documents } from '@freshet/coordination'

/**
 * Access keys that Freshet issues. Checking a SigV4 signature needs the secret itself, so a hash would not do:
 * secrets are sealed with AES-256-GCM under a key that is kept apart from the documents (a file of mode 0600 on
 * a laptop), so that a copy of the database or of a backup gives nobody access.
 */
export class AccessKeys {
  readonly #documents: Documents
  readonly #sealingKey: Buffer
  readonly #adminKey: AdminKey | undefined

  constructor(documents: Documents, sealingKey: Buffer, adminKey?: AdminKey) {
    this.#documents = documents
    this.#sealingKey = sealingKey
    this.#adminKey = adminKey
  }

  /** The only time that anybody sees the secret. */
  async issue(nowMs: number): Promise<{ accessKeyId: string; secretAccessKey: string }> {
    const accessKeyId = `AKFR${base32(16)}`
    const secretAccessKey = randomBytes(30).toString('base64')
    const document: AccessKeyDocument = {
      sealedSecret: seal(secretAccessKey, accessKeyId, this.#sealingKey),
      createdAt: new Date(nowMs).toISOString(),
    }
    await this.#documents.put(keyOf(accessKeyId), document, 0)
    return { accessKeyId, secretAccessKey }
  }

  /** Whether whoever signed with this key operates the service; on a laptop that is whoever has the development key. */
  isAdministrator(accessKeyId: string): boolean {
    return [this.#adminKey?.accessKeyId, DEVELOPMENT_KEY.accessKeyId].includes(accessKeyId)
  }

  /**
   * The secret of a key that this peer may use. The development key is good on loopback only, with any session
   * token, as emulators of AWS have it. Issued keys are long-term keys: they have no session token.
   */
  async findSecret(
    accessKeyId: string,
    sessionToken: string | undefined,
    peerAddress: string | undefined,
  ): Promise<string | undefined> {
    if (accessKeyId === DEVELOPMENT_KEY.accessKeyId) {
      return isLoopback(peerAddress) ? DEVELOPMENT_KEY.secretAccessKey : undefined
    }
    if (sessionToken !== undefined || !ISSUED_ID.test(accessKeyId)) return undefined
    if (accessKeyId === this.#adminKey?.accessKeyId) return this.#adminKey.secretAccessKey
    const document = await this.#documents.get<AccessKeyDocument>(keyOf(accessKeyId))
    return document && open(document.value.sealedSecret, accessKeyId, this.#sealingKey)
  }
}

/** Given to the control plane from outside, not issued by it. */
interface AdminKey {
  readonly accessKeyId: string
  readonly secretAccessKey: string
}

export const DEVELOPMENT_KEY = { accessKeyId: 'test', secretAccessKey: 'test' } as const

/** Reads the sealing key, or makes one on first use. */
export function loadSealingKey(file: string): Buffer {
  if (!existsSync(file)) {
    writeFileSync(`${file}.new`, randomBytes(KEY_BYTES), { mode: 0o600 })
    renameSync(`${file}.new`, file)
  }
  const key = readFileSync(file)
  if (key.length !== KEY_BYTES) throw new Error(`${file} is not a sealing key of ${KEY_BYTES} bytes`)
  return key
}

interface AccessKeyDocument {
  readonly sealedSecret: string
  readonly createdAt: string
}

const KEY_BYTES = 32
const NONCE_BYTES = 12
const TAG_BYTES = 16
const ISSUED_ID = /^AKFR[A-Z2-7]{16}$/

function keyOf(accessKeyId: string): string {
  return `access-keys/${accessKeyId}`
}

function seal(secret: string, accessKeyId: string, key: Buffer): string {
  const nonce = randomBytes(NONCE_BYTES)
  const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(accessKeyId))
  const sealed = Buffer.concat([cipher.update(secret, 'utf8'), cipher.final()])
  return Buffer.concat([nonce, cipher.getAuthTag(), sealed]).toString('base64')
}

/** Throws if the document was altered, moved to another id, or sealed under another key. */
function open(text: string, accessKeyId: string, key: Buffer): string {
  const bytes = Buffer.from(text, 'base64')
  const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, NONCE_BYTES))
    .setAAD(Buffer.from(accessKeyId))
    .setAuthTag(bytes.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES))
  const secret = decipher.update(bytes.subarray(NONCE_BYTES + TAG_BYTES))
  return Buffer.concat([secret, decipher.final()]).toString('utf8')
}

function base32(length: number): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'
  return Array.from(randomBytes(length), (byte) => alphabet[byte % alphabet.length]).join('')
}

/** IPv4 on an IPv6 socket reads ::ffff:127.0.0.1. */
function isLoopback(address: string | undefined): boolean {
  if (address === undefined) return false
  const plain = address.replace(/^::ffff:/i, '')
  return plain === '::1' || /^127(\.\d{1,3}){3}$/.test(plain)
}
