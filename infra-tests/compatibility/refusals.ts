/** Which legal values of a configuration are refused because what they ask for is not there. */
import type { ConfigDefinition } from '../../broker/src/cluster/configs/definition.ts'

/** Something legal for every type. */
const SAMPLES = [
  'true',
  'false',
  '1',
  '4',
  '9',
  '1000',
  '-1',
  '*',
  '1:1',
  'gzip',
  'uncompressed',
  'compact',
  'a.B',
]

export interface Refusal {
  readonly value: string
  readonly reason: string
}

/** The first value of each reason. */
export function refusalsOf(definition: ConfigDefinition): Refusal[] {
  const found: Refusal[] = []
  for (const value of SAMPLES) {
    const reason = reasonFor(definition, value)
    if (reason !== undefined && found.every((other) => other.reason !== reason)) found.push({ value, reason })
  }
  return found
}

function reasonFor(definition: ConfigDefinition, value: string): string | undefined {
  let parsed: unknown
  try {
    parsed = definition.parse(value)
  } catch {
    // Not legal for this one: nobody could set it anywhere.
    return undefined
  }
  return definition.unavailable(parsed)
}
