import { DynamoDBClient, type DynamoDBClientConfig } from '@aws-sdk/client-dynamodb'

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
