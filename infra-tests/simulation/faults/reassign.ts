import { AlterPartitionReassignmentsApi } from '../broker-code.ts'
import { ClusterClient, ifNoAnswer } from '../clients/cluster-client.ts'
import type { World } from '../world/world.ts'
import { type Fault, someTime } from './fault.ts'

const VERSION = 1
const TIMEOUT_MS = 5000

export interface Reassignment {
  readonly topic: string
  readonly partitionId: number
  /** Null cancels what is underway. */
  readonly replicas: readonly number[] | null
}

/** A partition is given other replicas, one in each zone; sometimes that is cancelled halfway. */
export const reassign: Fault = {
  name: 'reassign',
  inject({ world, dice }) {
    const partitions = world.observer.partitions()
    if (partitions.length === 0) return undefined
    const { topic, partitionId, replicas } = dice.pick(partitions)
    const byZone = [...Map.groupBy(world.machines, ({ zone }) => zone).values()]
    const chosen = dice.shuffled(byZone.map((machines) => dice.pick(machines).id)).slice(0, replicas.length)
    const client = new ClusterClient(world, `operator-${world.clients.length}`)
    const ask = (wanted: readonly number[] | null) =>
      world.spawn(client.name, askToReassign(world, client, { topic, partitionId, replicas: wanted }))
    ask(chosen)
    const heal = () => {
      if (dice.chance(0.3)) ask(null)
    }
    return {
      what: { partition: `${topic}-${partitionId}`, replicas: chosen },
      durationMs: someTime(dice, 2000),
      heal,
    }
  },
}

/** One attempt, through any broker. */
export async function askToReassign(
  world: World,
  client: ClusterClient,
  { topic, partitionId, replicas }: Reassignment,
): Promise<void> {
  const partitions = [{ partitionIndex: partitionId, replicas: replicas && [...replicas] }]
  const body = { timeoutMs: TIMEOUT_MS, topics: [{ name: topic, partitions }] }
  const answer = await client
    .requestAny(AlterPartitionReassignmentsApi, VERSION, body, TIMEOUT_MS)
    .catch(ifNoAnswer)
  const errorCode = answer?.errorCode || answer?.responses[0]?.partitions[0]?.errorCode
  const partition = `${topic}-${partitionId}`
  world.trace.add(client.name, replicas === null ? 'cancels' : 'reassigns', {
    partition,
    replicas,
    errorCode,
  })
}
