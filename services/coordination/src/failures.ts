/** The errors that mean the same in every driver, worded once. */
import { CoordinationError } from './errors.ts'
import type { Lease } from './types.ts'

export function fenced(fence: Lease): CoordinationError {
  return new CoordinationError('FENCED', `lease ${fence.name} is no longer held with token ${fence.token}`)
}

export function logConflict(log: string, at: number, nextIndex: number): CoordinationError {
  return new CoordinationError(
    'LOG_CONFLICT',
    `append to ${log} at ${at}, but its next index is ${nextIndex}`,
  )
}

export function logTruncated(log: string, from: number, startIndex: number): CoordinationError {
  return new CoordinationError('LOG_TRUNCATED', `read of ${log} from ${from}, but it starts at ${startIndex}`)
}

export function versionConflict(key: string, expected: number, actual: number): CoordinationError {
  return new CoordinationError('VERSION_CONFLICT', `${key} is at version ${actual}, not ${expected}`)
}

export function closed(): CoordinationError {
  return new CoordinationError('UNAVAILABLE', 'the coordination store is closed')
}
