/** Checks of what comes from outside: the control plane's answers and the files of a former agent. */
import type { RunningProcess } from './agent.ts'
import type { SyncResponse, UnitSpec } from './types.ts'

export class InvalidInputError extends Error {
  override readonly name = 'InvalidInputError'
}

export const MOST_UNITS = 1_000
const MOST_CONTROL_PLANES = 32
const MOST_PROPERTIES = 1_000
const DESIRED = ['RUNNING', 'STOPPED', 'REMOVED'] as const

export function parseSyncResponse(value: unknown): SyncResponse {
  const { revision, units, controlPlanes } = record('the answer', value)
  if (!Array.isArray(units) || units.length > MOST_UNITS) {
    throw new InvalidInputError(`units must be a list of at most ${MOST_UNITS}`)
  }
  return {
    revision: wholeNumber('revision', revision),
    units: units.map(parseUnitSpec),
    ...(controlPlanes === undefined ? {} : { controlPlanes: parseControlPlanes(controlPlanes) }),
  }
}

export function parseControlPlanes(value: unknown): string[] {
  if (!Array.isArray(value) || value.length > MOST_CONTROL_PLANES) {
    throw new InvalidInputError(`control planes must be a list of at most ${MOST_CONTROL_PLANES}`)
  }
  return value.map((url: unknown) => {
    if (typeof url === 'string' && URL.canParse(url) && /^https?:$/.test(new URL(url).protocol)) return url
    throw new InvalidInputError(`${JSON.stringify(url)} is no http(s) URL`)
  })
}

export function parseUnitSpec(value: unknown): UnitSpec {
  const { unitId, clusterId, brokerId, desired, generation, properties, port } = record('a unit', value)
  if (!isUnitId(unitId)) throw new InvalidInputError(`${JSON.stringify(unitId)} is no unit id`)
  const known = DESIRED.find((state) => state === desired)
  if (known === undefined) throw new InvalidInputError(`${unitId}: desired is ${JSON.stringify(desired)}`)
  return {
    unitId,
    clusterId: string(`${unitId}: clusterId`, clusterId),
    brokerId: wholeNumber(`${unitId}: brokerId`, brokerId),
    desired: known,
    generation: wholeNumber(`${unitId}: generation`, generation),
    properties: parseProperties(unitId, properties),
    port: parsePort(unitId, port),
  }
}

export function parseRunningProcess(value: unknown): RunningProcess {
  const { pid, startedAt, configuration } = record('unit.json', value)
  return {
    process: { pid: wholeNumber('pid', pid), startedAt: string('startedAt', startedAt) },
    configuration: string('configuration', configuration),
  }
}

/** A unit's id names its folder: nothing in it may lead elsewhere. */
export function isUnitId(value: unknown): value is string {
  return typeof value === 'string' && /^[A-Za-z0-9_-][A-Za-z0-9._-]{0,127}$/.test(value)
}

function parseProperties(unitId: string, value: unknown): Record<string, string> {
  const entries = Object.entries(record(`${unitId}: properties`, value))
  if (entries.length > MOST_PROPERTIES) throw new InvalidInputError(`${unitId}: too many properties`)
  return Object.fromEntries(
    entries.map(([key, text]) => {
      if (!/^[A-Za-z0-9._-]+$/.test(key))
        throw new InvalidInputError(`${unitId}: ${JSON.stringify(key)} is no property`)
      return [key, string(`${unitId}: ${key}`, text)]
    }),
  )
}

function parsePort(unitId: string, value: unknown): number {
  const port = wholeNumber(`${unitId}: port`, value)
  if (port < 1 || port > 65_535) throw new InvalidInputError(`${unitId}: ${port} is no port`)
  return port
}

function record(what: string, value: unknown): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new InvalidInputError(`${what} must be an object`)
  }
  return { ...value }
}

function string(what: string, value: unknown): string {
  if (typeof value !== 'string') throw new InvalidInputError(`${what} must be a string`)
  return value
}

function wholeNumber(what: string, value: unknown): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0) {
    throw new InvalidInputError(`${what} must be a whole number`)
  }
  return value
}
