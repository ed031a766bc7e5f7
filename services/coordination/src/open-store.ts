import { isAbsolute } from 'node:path'
import { invalid } from './limits.ts'
import { createMemoryStore } from './memory.ts'
import { openSqliteStore } from './sqlite/store.ts'
import type { CoordinationStore } from './types.ts'

/**
 * Opens a store by its URL: `sqlite:///absolute/path.db`, `dynamodb://table/namespace`, or `memory:` for one that
 * nobody else sees. The region is otherwise where the AWS SDK finds it.
 */
export async function openStore(
  url: string,
  options: { now?: () => number; region?: string } = {},
): Promise<CoordinationStore> {
  const now = options.now ?? Date.now
  if (url === 'memory:') return createMemoryStore({ now })
  if (url.startsWith(SQLITE)) {
    const path = decodePath(url)
    if (!isAbsolute(path)) throw invalid(`${url} does not name an absolute path (sqlite:///path/to/file.db)`)
    return openSqliteStore({ path, now })
  }
  const dynamo = DYNAMODB.exec(url)
  if (dynamo !== null) {
    // A laptop's broker does not load the AWS SDK: it would take longer than all the rest of its start.
    const { openDynamoStore } = await import('./dynamodb/store.ts')
    const { now, region } = options
    return openDynamoStore({
      tableName: dynamo[1]!,
      namespace: dynamo[2]!,
      ...(now && { now }),
      ...(region !== undefined && { client: { region } }),
    })
  }
  throw invalid(
    `${url} is no coordination store: use sqlite:///absolute/path.db, dynamodb://table/namespace or memory:`,
  )
}

/** A table's name as DynamoDB allows it; the namespace is ours. */
const DYNAMODB = /^dynamodb:\/\/([A-Za-z0-9_.-]{3,255})\/([A-Za-z0-9_./-]{1,512})$/
const SQLITE = 'sqlite://'

function decodePath(url: string): string {
  try {
    return decodeURIComponent(url.slice(SQLITE.length))
  } catch (error) {
    throw invalid(`${url} is not a valid URL`, error)
  }
}
