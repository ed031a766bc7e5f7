import { DynamoDBClient, type DynamoDBClientConfig } from '@aws-sdk/client-dynamodb'
import type { Consumed } from './engine.ts'

/** A call is given up well within the lease of a controller, and the SDK tries it again. */
const CONNECT_TIMEOUT_MS = 500
const CALL_TIMEOUT_MS = 1_000
const ATTEMPTS = 3

export interface DynamoOptions {
  readonly tableName: string
  readonly namespace: string
  readonly client?: DynamoDBClientConfig
  /** Never goes back: leases are judged by it. */
  readonly now?: () => number
  readonly onConsumed?: (consumed: Consumed) => void
}

export function clientOf(config: DynamoDBClientConfig | undefined): DynamoDBClient {
  return new DynamoDBClient({
    maxAttempts: ATTEMPTS,
    requestHandler: {
      connectionTimeout: CONNECT_TIMEOUT_MS,
      requestTimeout: CALL_TIMEOUT_MS,
      // An answer may also stop halfway.
      socketTimeout: CALL_TIMEOUT_MS,
      throwOnRequestTimeout: true,
    },
    ...config,
  })
}
