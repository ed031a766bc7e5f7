/** What was acknowledged, and the check that exactly this is there afterwards. */
import { type Address, awaitTopic, RawClient } from './raw-client.ts'
import type { StoredRecord } from './record-batch.ts'
import { PATIENCE_MS, waitFor } from './wait.ts'

export interface Acknowledged {
  readonly partition: number
  readonly offset: number
  readonly value: string
}

/** Reads every partition of the topic from its leader. */
export async function readTopic(bootstrap: Address, topic: string): Promise<Map<number, StoredRecord[]>> {
  const metadata = await awaitTopic(bootstrap, topic)
  const records = new Map<number, StoredRecord[]>()
  for (const { partition, leader } of metadata.partitions) {
    const address = metadata.brokers.get(leader)
    if (!address) throw new Error(`partition ${partition} has no leader`)
    const read = await waitFor(`partition ${partition} of ${topic}`, PATIENCE_MS, async () => {
      const client = await RawClient.connect(address)
      try {
        return await client.readAll(topic, partition)
      } finally {
        client.close()
      }
    })
    records.set(partition, read)
  }
  return records
}

/** Objections: lost, moved, doubled or invented records. An unacknowledged record may be there or not, but once. */
export function checkLedger(
  acknowledged: readonly Acknowledged[],
  attempted: ReadonlySet<string>,
  stored: ReadonlyMap<number, readonly StoredRecord[]>,
): string[] {
  const objections: string[] = []
  const seen = new Set<string>()
  const valueAt = new Map<string, string>()
  for (const [partition, records] of stored) {
    for (const [index, { offset, value }] of records.entries()) {
      if (offset !== index) objections.push(`partition ${partition}: offset ${offset} where ${index} belongs`)
      if (seen.has(value)) objections.push(`partition ${partition}: ${value} is there twice`)
      if (!attempted.has(value)) objections.push(`partition ${partition}: ${value} was never sent`)
      seen.add(value)
      valueAt.set(`${partition}:${offset}`, value)
    }
  }
  for (const { partition, offset, value } of acknowledged) {
    const found = valueAt.get(`${partition}:${offset}`)
    if (found === value) continue
    objections.push(
      `partition ${partition}: ${value} was acknowledged at ${offset}, where ${found ?? 'nothing'} is`,
    )
  }
  return objections
}
