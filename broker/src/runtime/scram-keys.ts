/** The two keys of a SCRAM credential (RFC 5802): from them nobody finds the password. */
import { createHash, createHmac } from 'node:crypto'

export interface ScramKeys {
  /** Base64. */
  readonly storedKey: string
  readonly serverKey: string
}

export function scramKeys(hash: 'sha256' | 'sha512', saltedPassword: Buffer): ScramKeys {
  const clientKey = createHmac(hash, saltedPassword).update('Client Key').digest()
  return {
    storedKey: createHash(hash).update(clientKey).digest('base64'),
    serverKey: createHmac(hash, saltedPassword).update('Server Key').digest('base64'),
  }
}
