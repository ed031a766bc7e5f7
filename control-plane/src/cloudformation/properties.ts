import type { Properties } from './request.ts'

/**
 * Properties of AWS::MSK::Cluster, ServerlessCluster and Topic as members of MSK's requests: names begin small, and
 * text that CloudFormation made of numbers and booleans is what it was.
 */
export function inMskWords(properties: Properties): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(properties)
      .filter(([name]) => !CLOUDFORMATIONS_OWN.has(name))
      .map(([name, value]) => [memberName(name), memberValue(name, value)]),
  )
}

/** Whether what is wanted is not what there is. Members that nobody named are the service's affair. */
export function differs(wanted: unknown, actual: unknown): boolean {
  if (Array.isArray(wanted)) {
    if (!Array.isArray(actual) || actual.length !== wanted.length) return true
    return wanted.some((item, index) => differs(item, actual[index]))
  }
  if (!isObject(wanted)) return wanted !== actual
  return Object.entries(wanted).some(([name, value]) => differs(value, at(actual, name)))
}

/** The value below these names, if there is one. */
export function at(value: unknown, ...path: readonly string[]): unknown {
  return path.reduce<unknown>((inner, name) => (isObject(inner) ? inner[name] : undefined), value)
}

export function textAt(value: unknown, ...path: readonly string[]): string | undefined {
  const found = at(value, ...path)
  return typeof found === 'string' && found !== '' ? found : undefined
}

/** A map of text to text; CloudFormation leaves nothing else of one. */
export function textsAt(value: unknown, ...path: readonly string[]): Record<string, string> {
  const found = at(value, ...path)
  if (!isObject(found)) return {}
  return Object.fromEntries(Object.entries(found).map(([name, text]) => [name, String(text)]))
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

const CLOUDFORMATIONS_OWN = new Set(['ServiceToken', 'ServiceTimeout'])
const NUMBERS = new Set([
  'NumberOfBrokerNodes',
  'PartitionCount',
  'ReplicationFactor',
  'Revision',
  'VolumeSize',
  'VolumeThroughput',
])
const BOOLEANS = new Set(['Enabled', 'EnabledInBroker', 'InCluster'])
/** What is below them is named by users. */
const MAPS = new Set(['Tags', 'Configs'])

function memberValue(name: string, value: unknown): unknown {
  if (MAPS.has(name)) return value
  if (Array.isArray(value)) return value.map((item) => (isObject(item) ? inMskWords(item) : item))
  if (isObject(value)) return inMskWords(value)
  if (typeof value !== 'string') return value
  // What is no number is left to MSK's own validation.
  if (NUMBERS.has(name) && /^\d{1,9}$/.test(value)) return Number(value)
  if (BOOLEANS.has(name) && /^(true|false)$/.test(value)) return value === 'true'
  return value
}

/** Names of which more than the first letter changes. */
const NAMES: Readonly<Record<string, string>> = { EBSStorageInfo: 'ebsStorageInfo' }

function memberName(name: string): string {
  return NAMES[name] ?? name.charAt(0).toLowerCase() + name.slice(1)
}
