/**
 * The coordination store in a DynamoDB table that several stores share, each under its namespace. Region, credentials
 * and a different endpoint (`AWS_ENDPOINT_URL_DYNAMODB`) come from the AWS SDK's usual places.
 */
import { DynamoDBClient, type DynamoDBClientConfig } from '@aws-sdk/client-dynamodb'
import type { CoordinationStore } from '../types.ts'
import { createDocuments } from './documents.ts'
import { type Consumed, Engine } from './engine.ts'
import { createLeases } from './leases.ts'
import { createLogs } from './logs.ts'

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

export function openDynamoStore(options: DynamoOptions): CoordinationStore {
  const client = new DynamoDBClient({
    maxAttempts: ATTEMPTS,
    requestHandler: { connectionTimeout: CONNECT_TIMEOUT_MS, requestTimeout: CALL_TIMEOUT_MS },
    ...options.client,
  })
  const { tableName, namespace, onConsumed, now = steadyNow } = options
  const engine = new Engine({ client, tableName, ...(onConsumed && { onConsumed }) })
  return {
    leases: createLeases(engine, namespace, now),
    logs: createLogs(engine, namespace),
    documents: createDocuments(engine, namespace),
    async close() {
      engine.close()
    },
  }
}

/** Wall-clock time of the start plus what a steady clock counted since. */
function steadyNow(): number {
  return performance.timeOrigin + performance.now()
}
