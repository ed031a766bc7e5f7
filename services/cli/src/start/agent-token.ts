import { randomBytes } from 'node:crypto'
import { existsSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** The secret that the control plane and the host agent share; made once per data folder. Returns its file. */
export function ensureAgentToken(dataDir: string): string {
  const path = join(dataDir, 'agent-token')
  if (!existsSync(path)) {
    writeFileSync(`${path}.new`, `${randomBytes(32).toString('base64url')}\n`, { mode: 0o600 })
    renameSync(`${path}.new`, path)
  }
  return path
}
