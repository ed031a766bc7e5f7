/**
 * One launcher per data folder. `launcher.json` says which process it is, with its start time; a file that a
 * killed launcher left behind names no living process and is taken over.
 */
import { linkSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import {
  hasCode,
  InvalidInputError,
  identify,
  isAlive,
  type ProcessIdentity,
  readJson,
} from '@freshet/host-agent'
import { UserError } from '../user-error.ts'

export interface Lock {
  /** A former launcher was killed: its children may still be on their way out. */
  readonly tookOver: boolean
  release(): void
}

const TAKEOVER_MS = 50

export async function acquireLock(dataDir: string, port: number): Promise<Lock> {
  const path = join(dataDir, 'launcher.json')
  const own = identify(process.pid)
  if (own === undefined) throw new Error('this process has no start time')
  const draft = `${path}.${process.pid}`
  makeDraft(dataDir, draft, JSON.stringify({ ...own, port }))
  try {
    const isFirst = link(draft, path)
    if (!isFirst) await takeOver(dataDir, path, draft, own)
    return { tookOver: !isFirst, release: () => release(path, own) }
  } finally {
    rmSync(draft, { force: true })
  }
}

function makeDraft(dataDir: string, draft: string, text: string): void {
  try {
    mkdirSync(dataDir, { recursive: true })
    writeFileSync(draft, text)
  } catch (error) {
    if (!hasCode(error, 'EACCES', 'EPERM', 'EROFS', 'ENOTDIR', 'EEXIST', 'ENOSPC')) throw error
    throw new UserError(`the data folder ${dataDir} cannot be written: ${String(error)}`)
  }
}

/** Unlike opening with O_EXCL, linking shows the file only when it is complete. */
function link(draft: string, path: string): boolean {
  try {
    linkSync(draft, path)
    return true
  } catch (error) {
    if (hasCode(error, 'EEXIST')) return false
    throw error
  }
}

/** Of two that take over at once, the later rename wins; both look again, and the other one gives up. */
async function takeOver(dataDir: string, path: string, draft: string, own: ProcessIdentity): Promise<void> {
  refuseIfAlive(dataDir, readLock(path))
  renameSync(draft, path)
  await delay(TAKEOVER_MS)
  const winner = readLock(path)
  if (winner?.pid !== own.pid) refuseIfAlive(dataDir, winner)
}

function refuseIfAlive(dataDir: string, holder: (ProcessIdentity & { port: number }) | undefined): void {
  if (holder === undefined || !isAlive(holder)) return
  throw new UserError(
    `the data folder ${dataDir} is in use by the Freshet with process id ${holder.pid} and port ${holder.port}`,
  )
}

function release(path: string, own: ProcessIdentity): void {
  if (readLock(path)?.pid === own.pid) rmSync(path, { force: true })
}

/** A damaged file names nobody. */
function readLock(path: string): (ProcessIdentity & { port: number }) | undefined {
  try {
    const value = readJson(path)
    if (typeof value !== 'object' || value === null) return undefined
    if (!('pid' in value && 'startedAt' in value && 'port' in value)) return undefined
    return { pid: Number(value.pid), startedAt: String(value.startedAt), port: Number(value.port) }
  } catch (error) {
    if (error instanceof InvalidInputError) return undefined
    throw error
  }
}
