/** Faults of the network between the machines, each in its namespace: packets are lost without a word. */
import { sleep } from '../../support/wait.ts'
import type { ChaosCluster } from '../cluster/chaos-cluster.ts'
import type { Machine } from '../cluster/machine.ts'
import { CLIENTS } from '../cluster/machine-network.ts'
import type { Fault, FaultContext } from './fault.ts'

type Pair = readonly [from: number, to: number]

export const isolateLeader: Fault = {
  name: 'isolate-leader',
  needs: 'namespaces',
  strike: (context) => isolate(context, 'leader', context.cluster.leader(context.topic, context.random)),
}

export const isolateController: Fault = {
  name: 'isolate-controller',
  needs: 'namespaces',
  strike: (context) => isolate(context, 'controller', context.cluster.controller()),
}

export const partitionPair: Fault = {
  name: 'partition-pair',
  needs: 'namespaces',
  async strike(context) {
    const [first, second] = pairOf(context)
    context.tell(`cuts the brokers ${first.id} and ${second.id} apart`)
    await cut(context, [
      [first.id, second.id],
      [second.id, first.id],
    ])
  },
}

export const oneWayPartition: Fault = {
  name: 'one-way-partition',
  needs: 'namespaces',
  async strike(context) {
    const [first, second] = pairOf(context)
    context.tell(`loses what broker ${first.id} sends to broker ${second.id}`)
    await cut(context, [[first.id, second.id]])
  },
}

/** From the other brokers; clients may still reach it, and believe it. */
async function isolate(
  context: FaultContext,
  role: string,
  found: Promise<Machine | undefined>,
): Promise<void> {
  const victim = await found
  if (victim === undefined) return
  const others = context.cluster.machines.filter(({ id }) => id !== victim.id).map(({ id }) => id)
  const fromClients = context.random.chance(0.5)
  const cutOff = fromClients ? [...others, CLIENTS] : others
  context.tell(`isolates the ${role}, broker ${victim.id}${fromClients ? ', from the clients too' : ''}`)
  await cut(
    context,
    cutOff.flatMap((id): Pair[] => [
      [id, victim.id],
      [victim.id, id],
    ]),
  )
}

async function cut({ cluster, random }: FaultContext, pairs: readonly Pair[]): Promise<void> {
  for (const [from, to] of pairs) await cluster.network.block(from, to)
  await sleep(random.pick([1_000, 4_000, 7_000]))
  for (const [from, to] of pairs) await cluster.network.unblock(from, to)
  await cluster.awaitMembers()
}

function pairOf({ cluster, random }: FaultContext): readonly [Machine, Machine] {
  const first = random.pick(cluster.machines)
  return [first, random.pick(others(cluster, first))]
}

function others(cluster: ChaosCluster, machine: Machine): Machine[] {
  return cluster.machines.filter((each) => each !== machine)
}
