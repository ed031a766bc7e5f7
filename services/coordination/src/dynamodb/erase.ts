import { clientOf, type DynamoOptions } from './client.ts'
import { Engine } from './engine.ts'
import { textOf } from './table.ts'

export interface EraseOptions extends Pick<DynamoOptions, 'tableName' | 'namespace' | 'client'> {
  /** All logs that were ever written to: nothing lists them. */
  readonly logs: readonly string[]
}

/** Deletes all of a store that nobody uses any more. Repeated, it goes on where it was broken off. */
export async function eraseNamespace({ tableName, namespace, logs, client }: EraseOptions): Promise<void> {
  const engine = new Engine({ client: clientOf(client), tableName })
  try {
    const partitions = [...logs.map((log) => `log/${log}`), 'documents', 'leases']
    for (const partition of partitions) await erasePartition(engine, `${namespace}/${partition}`)
  } finally {
    engine.close()
  }
}

async function erasePartition(engine: Engine, partition: string): Promise<void> {
  const query = {
    KeyConditionExpression: 'pk = :pk',
    ProjectionExpression: 'sk',
    ExpressionAttributeValues: { ':pk': { S: partition } },
  }
  let page = await engine.query(query)
  for (;;) {
    const sortKeys = page.items.map((item) => textOf(item, 'sk')!)
    await engine.deleteAll(partition, sortKeys)
    if (page.next === undefined) return
    page = await engine.query(query, page.next)
  }
}
