/**
 * The coordination store in a DynamoDB table that several stores share, each under its namespace. Region, credentials
 * and a different endpoint (`AWS_ENDPOINT_URL_DYNAMODB`) come from the AWS SDK's usual places.
 */
import type { CoordinationStore } from '../types.ts'
import { clientOf, type DynamoOptions } from './client.ts'
import { createDocuments } from './documents.ts'
import { Engine } from './engine.ts'
import { createLeases } from './leases.ts'
import { createLogs } from './logs.ts'

export function openDynamoStore(options: DynamoOptions): CoordinationStore {
  const { tableName, namespace, now = steadyNow } = options
  const engine = new Engine({
    client: clientOf(options.client),
    tableName,
  })
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
