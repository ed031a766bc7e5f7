/**
 * A broker that does not reach the coordination store while there is the file that FRESHET_CHAOS_STORE_CUT names: what
 * it asks gets lost, or the answer does. A file that all brokers share cannot be cut from one of them in another way.
 */
import { existsSync } from 'node:fs'
import { CoordinationError } from '@freshet/coordination'
import { Engine } from '../../services/coordination/src/sqlite/engine.ts'
import { sleep } from '../support/wait.ts'

const TIMEOUT_MS = 1000

const cutFile = process.env.FRESHET_CHAOS_STORE_CUT
if (cutFile === undefined) throw new Error('FRESHET_CHAOS_STORE_CUT names no file')

async function travel(file: string): Promise<void> {
  if (!existsSync(file)) return
  await sleep(TIMEOUT_MS)
  throw new CoordinationError('UNAVAILABLE', 'the way to the store is cut')
}

function behindTheCut<Parameters extends unknown[], Result>(
  ask: (this: Engine, ...parameters: Parameters) => Promise<Result>,
  file: string,
) {
  return async function (this: Engine, ...parameters: Parameters): Promise<Result> {
    await travel(file)
    const answer = await ask.apply(this, parameters)
    await travel(file)
    return answer
  }
}

const { prototype } = Engine
prototype.write = behindTheCut(prototype.write, cutFile) as Engine['write']
prototype.writeUnsynced = behindTheCut(prototype.writeUnsynced, cutFile) as Engine['writeUnsynced']
prototype.read = behindTheCut(prototype.read, cutFile) as Engine['read']

await import('../../broker/src/main.ts')
