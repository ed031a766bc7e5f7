import type { Cluster } from '../client/cluster.ts'
import { listGroups } from '../client/groups.ts'
import type { ParsedOptions } from '../command-line/parsed-options.ts'

/** Those named, or all. */
export async function meantGroups(cluster: Cluster, options: ParsedOptions): Promise<readonly string[]> {
  if (!options.has('all-groups')) return [...new Set(options.values('group'))]
  return (await listGroups(cluster)).map(({ groupId }) => groupId)
}
