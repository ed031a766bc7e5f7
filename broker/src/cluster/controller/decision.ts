/** What all parts of the controller share: the surroundings of a decision and the shape of results. */
import { KafkaError } from '../../wire/errors.ts'
import type { BrokerSettings } from '../configs/broker-definitions.ts'
import type { ConfigOverrides } from '../image-types.ts'
import type { Chooser } from '../placement.ts'
import type { MetadataRecord } from '../records.ts'

export interface ControllerContext {
  readonly clusterId: string
  /** Of the broker that is the controller. */
  readonly nodeId: number
  /** The controller's own server.properties: the defaults of new topics. */
  readonly settings: BrokerSettings
  readonly staticOverrides: ConfigOverrides
  readonly random: Chooser
  newUuid(): string
  /** Whether this very registration of the broker was heard of within its session timeout. */
  hasSession(brokerId: number, brokerEpoch: number): boolean
}

/** `records` go into the log as one entry, if there are any; only then `reply` may be sent. */
export interface Decision<R> {
  readonly records: readonly MetadataRecord[]
  readonly reply: R
}

/**
 * Called before each topic's change with the number of its partitions that are created or deleted (KIP-599). Throws
 * THROTTLING_QUOTA_EXCEEDED if the client's quota is used up.
 */
export type CountMutations = (partitions: number) => void

/** Zero and null mean success. */
export interface Outcome {
  readonly errorCode: number
  readonly errorMessage: string | null
}

export const SUCCESS: Outcome = { errorCode: 0, errorMessage: null }

export function failure(error: KafkaError): Outcome {
  return { errorCode: error.code, errorMessage: error.message }
}

/** The result of `work`, or what `onError` makes of a KafkaError; any other error is a bug and goes on up. */
export function attempt<T, U>(work: () => T, onError: (error: KafkaError) => U): T | U {
  try {
    return work()
  } catch (error) {
    if (error instanceof KafkaError) return onError(error)
    throw error
  }
}

/** Values that occur more than once. */
export function repeated<T>(values: readonly T[]): ReadonlySet<T> {
  const seen = new Set<T>()
  return new Set(values.filter((value) => seen.size === seen.add(value).size))
}
