import { KafkaError } from '../../wire/index.ts'
import type { PartitionLog } from '../log/partition-log.ts'

/** So many fsyncs are in flight at once. */
const CLOSING_AT_ONCE = 8

/** Closes all logs. One that fails is offline and has said so: the number of those is returned. */
export async function closeAll(logs: readonly PartitionLog[]): Promise<number> {
  const queue = logs.values()
  let failures = 0
  const closeNext = async () => {
    for (const log of queue) {
      try {
        await log.close()
      } catch (error) {
        if (!(error instanceof KafkaError)) throw error
        failures++
      }
    }
  }
  await Promise.all(Array.from({ length: CLOSING_AT_ONCE }, closeNext))
  return failures
}
