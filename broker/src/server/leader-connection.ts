import { FetchApi } from '../apis/01-fetch.ts'
import { ListOffsetsApi } from '../apis/02-list-offsets.ts'
import type { ClusterView } from '../cluster/index.ts'
import type { LeaderConnection } from '../replication/follower/leader-connection.ts'
import type { Runtime } from '../runtime/types.ts'
import { BrokerClient } from './broker-client.ts'
import type { FramePool } from './frame-pool.ts'

/** On top of the time for which the leader may hold a fetch back. */
const ANSWER_MS_MAX = 5000

export interface Following {
  readonly leaderId: number
  readonly brokerId: number
  /** How long a fetch waits for records. */
  readonly waitMsMax: number
}

/** A follower's connection to a leader, at the address under which that is registered now; undefined if it is not. */
export function connectToLeader(
  runtime: Runtime,
  cluster: ClusterView,
  pool: FramePool,
  { leaderId, brokerId, waitMsMax }: Following,
): LeaderConnection | undefined {
  const endpoint = cluster.brokers.get(leaderId)?.endpoints[0]
  if (endpoint === undefined) return undefined
  const { host, port } = endpoint
  const client = new BrokerClient(runtime, { host, port }, `broker-${brokerId}-fetcher`, pool)
  let releaseLast = () => {}
  return {
    async fetch(request) {
      const { body, release } = await client.borrow(FetchApi, request, waitMsMax + ANSWER_MS_MAX)
      releaseLast = release
      return body
    },
    taken: () => releaseLast(),
    listOffsets: (request) => client.request(ListOffsetsApi, request, ANSWER_MS_MAX),
    close: () => client.close(),
  }
}
