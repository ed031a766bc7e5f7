import { AlterPartitionReassignmentsApi } from '../broker-code.ts'
import { ClusterClient, ifNoAnswer } from '../clients/cluster-client.ts'
import type { World } from '../world/world.ts'
import { type Fault, someTime } from './fault.ts'

const VERSION = 1
const TIMEOUT_MS = 5000

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
    ask(world, client, topic, partitionId, chosen)
    const heal = () => {
      if (dice.chance(0.3)) ask(world, client, topic, partitionId, null)
    }
    return {
      what: { partition: `${topic}-${partitionId}`, replicas: chosen },
      durationMs: someTime(dice, 2000),
      heal,
    }
  },
}

function ask(
  world: World,
  client: ClusterClient,
  name: string,
  partitionIndex: number,
  replicas: number[] | null,
): void {
  const body = {
    timeoutMs: TIMEOUT_MS,
    topics: [{ name, partitions: [{ partitionIndex, replicas }] }],
  }
  const asking = client
    .requestAny(AlterPartitionReassignmentsApi, VERSION, body, TIMEOUT_MS)
    .catch(ifNoAnswer)
  const noted = asking.then((answer) => {
    const errorCode = answer?.errorCode || answer?.responses[0]?.partitions[0]?.errorCode
    world.trace.add(client.name, replicas === null ? 'cancels' : 'reassigns', { replicas, errorCode })
  })
  world.spawn(client.name, noted)
}
