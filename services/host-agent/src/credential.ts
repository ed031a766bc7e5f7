/** By what an agent proves that it speaks for its host. */
import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { open, readFile, rename } from 'node:fs/promises'
import { dirname, join } from 'node:path'

export interface Credential {
  /** `post` asks a control plane, with a token, below the host's path. */
  token(post: PostForHost): Promise<string>
  /** A control plane did not accept it. */
  rejected(): void
}

export type PostForHost = (path: string, body: unknown, token: string) => Promise<unknown>

/** A secret that the control plane knows too, for all hosts. */
export function sharedSecret(file: string): Credential {
  return {
    // Read each time: the file may be replaced while the agent runs.
    token: () => readToken(file),
    rejected: () => undefined,
  }
}

/**
 * A credential of the host's own, made here and kept in its folder. It is registered with a token that is good for one
 * registration; whatever breaks off meanwhile, the same credential is registered again, which changes nothing.
 */
export function registeredCredential(hostDir: string, registrationTokenFile: string): Credential {
  const file = join(hostDir, CREDENTIAL_FILE)
  let isRegistered = false
  return {
    async token(post) {
      if (!existsSync(file)) await keep(file, randomBytes(32).toString('hex'))
      const credential = await readToken(file)
      if (!isRegistered) await post('register', { credential }, await readToken(registrationTokenFile))
      isRegistered = true
      return credential
    },
    rejected: () => {
      isRegistered = false
    },
  }
}

const CREDENTIAL_FILE = 'credential'

async function readToken(file: string): Promise<string> {
  return (await readFile(file, 'utf8')).trim()
}

/** On the disk before anybody is told: a credential that was registered and then lost could never be replaced. */
async function keep(file: string, text: string): Promise<void> {
  const fresh = await open(`${file}.new`, 'w', 0o600)
  try {
    await fresh.writeFile(text)
    await fresh.sync()
  } finally {
    await fresh.close()
  }
  await rename(`${file}.new`, file)
  const folder = await open(dirname(file), 'r')
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}
