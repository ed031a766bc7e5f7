/** The folder of a unit: `hosts/<hostId>/units/<unitId>/{spec.json, unit.json, server.properties, broker.log, data/}`. */
import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  writeSync,
} from 'node:fs'
import { rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { RunningProcess } from './agent.ts'
import { hasCode } from './process-identity.ts'
import type { UnitSpec } from './types.ts'
import { InvalidInputError, isUnitId, parseRunningProcess, parseUnitSpec } from './validate.ts'

export interface UnitPaths {
  readonly folder: string
  readonly serverProperties: string
  readonly brokerLog: string
}

export interface UnitOnDisk {
  readonly spec: UnitSpec
  /** The process that was started last; it may be long gone. */
  readonly started: RunningProcess | undefined
}

export function unitPaths(hostDir: string, unitId: string): UnitPaths {
  const folder = join(hostDir, 'units', unitId)
  return {
    folder,
    serverProperties: join(folder, 'server.properties'),
    brokerLog: join(folder, 'broker.log'),
  }
}

/** What a host folder holds. A unit whose spec cannot be read is reported and left alone. */
export function readUnits(hostDir: string, onBad: (unitId: string, error: Error) => void): UnitOnDisk[] {
  return listFolder(join(hostDir, 'units'))
    .filter(isUnitId)
    .flatMap((unitId) => {
      try {
        const { folder } = unitPaths(hostDir, unitId)
        const spec = readJson(join(folder, 'spec.json'))
        if (spec === undefined) return []
        return [{ spec: parseUnitSpec(spec), started: readStarted(folder) }]
      } catch (error) {
        if (!(error instanceof InvalidInputError)) throw error
        onBad(unitId, error)
        return []
      }
    })
}

export function saveSpec(hostDir: string, spec: UnitSpec): void {
  writeAtomically(join(unitPaths(hostDir, spec.unitId).folder, 'spec.json'), JSON.stringify(spec, null, 2))
}

export function saveRunningProcess(hostDir: string, unitId: string, running: RunningProcess): void {
  const text = JSON.stringify({ ...running.process, configuration: running.configuration })
  writeAtomically(join(unitPaths(hostDir, unitId).folder, 'unit.json'), text)
}

export function saveServerProperties(hostDir: string, spec: UnitSpec): void {
  const lines = Object.entries(spec.properties).map(
    ([key, value]) => `${escapeProperty(key)}=${escapeProperty(value)}\n`,
  )
  writeAtomically(unitPaths(hostDir, spec.unitId).serverProperties, lines.join(''))
}

export async function deleteUnit(hostDir: string, unitId: string): Promise<void> {
  await rm(unitPaths(hostDir, unitId).folder, { recursive: true, force: true })
}

export function listFolder(path: string): string[] {
  try {
    return readdirSync(path)
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ENOTDIR')) return []
    throw error
  }
}

/** Undefined if there is no such file; InvalidInputError if it is not JSON. */
export function readJson(path: string): unknown {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ENOTDIR')) return undefined
    throw error
  }
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new InvalidInputError(`${path} is not JSON`, { cause: error })
  }
}

/** A damaged note about a process is like none: the process is then found by its command line. */
function readStarted(folder: string): RunningProcess | undefined {
  try {
    const value = readJson(join(folder, 'unit.json'))
    return value === undefined ? undefined : parseRunningProcess(value)
  } catch (error) {
    if (error instanceof InvalidInputError) return undefined
    throw error
  }
}

/** A crash leaves the old file or the new one, never half of one. */
function writeAtomically(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true })
  const temporary = `${path}.tmp`
  const file = openSync(temporary, 'w')
  try {
    writeSync(file, text)
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
  renameSync(temporary, path)
}

/** As java.util.Properties reads it back: a value may hold anything but must not end its line. */
function escapeProperty(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('\r', '\\r')
}
