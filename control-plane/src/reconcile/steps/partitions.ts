import {
  type KafkaAdmin,
  KafkaAdminError,
  type OngoingReassignment,
  sizeKey,
  type Topology,
} from '../../kafka/admin.ts'
import { type Cluster, concernedBrokers } from '../../model/cluster.ts'
import { brokerEndpoints } from '../../model/endpoints.ts'
import { MOVE_LIMITS, nextBatch } from '../../scaling/rebalancer/batch.ts'
import { type PlanPartition, planRebalance, type RebalanceProblem } from '../../scaling/rebalancer/plan.ts'
import { OperationFailure, type Step, type StepContext, type StepOutcome } from './step.ts'

/**
 * Partitions on the move: onto brokers that came, and away from those that go. Nothing of a plan is kept: each
 * time the rest is planned anew from what the cluster says of itself, so that a restart changes nothing.
 */

export const partitionSteps = {
  /** Where rebalancing is PAUSED, new brokers wait for new topics, or until it is made ACTIVE again. */
  REBALANCE_PARTITIONS: {
    patient: true,
    async run(cluster, context) {
      if (isPaused(cluster)) return { kind: 'DONE' }
      return movePartitions(cluster, context, true)
    },
  },

  DRAIN_BROKERS: {
    patient: true,
    async run(cluster, context) {
      // Brokers that never started hold nothing, and the cluster need not be asked.
      if (concernedBrokers(cluster).every(({ desired }) => desired === undefined)) return { kind: 'DONE' }
      if (isPaused(cluster)) return { kind: 'WAIT', waitMs: MOVE_WAIT_MS, reason: 'Rebalancing is PAUSED' }
      return movePartitions(cluster, context, false)
    },
  },

  VERIFY_BROKERS_EMPTY: {
    async run(cluster, { kafka }) {
      const leaving = new Set(concernedBrokers(cluster).map(({ brokerId }) => brokerId))
      const { topics } = await kafka(brokerEndpoints(cluster), (admin) => admin.topology())
      const full = topics.find(({ partitions }) =>
        partitions.some(({ replicas }) => replicas.some((id) => leaving.has(id))),
      )
      if (full === undefined) return { kind: 'DONE' }
      const reason = `Topic ${full.topicName} still has replicas on brokers that are to be removed`
      throw new OperationFailure('BROKERS_NOT_EMPTY', `${reason}.`)
    },
  },

  UNREGISTER_BROKERS: {
    patient: true,
    async run(cluster, { kafka }) {
      const gone = concernedBrokers(cluster).filter(({ desired }) => desired !== undefined)
      if (gone.length === 0) return { kind: 'DONE' }
      await kafka(brokerEndpoints(cluster), async (admin) => {
        for (const { brokerId } of gone) await unregister(admin, brokerId)
      })
      return { kind: 'DONE' }
    },
  },
} as const satisfies Record<string, Step>

async function movePartitions(
  cluster: Cluster,
  { clusters, kafka }: StepContext,
  balance: boolean,
): Promise<StepOutcome> {
  return kafka(brokerEndpoints(cluster), async (admin) => {
    // What is under way first: a move that ends between the two looks leaves no replicas that nobody accounts for.
    const ongoing = await admin.reassignments()
    const [topology, sizes] = [await admin.topology(), await admin.replicaSizes()]
    const plan = planRebalance({ ...problemOf(cluster, topology, ongoing, sizes), balance })
    if (plan.kind === 'IMPOSSIBLE') {
      const { topicName, replicas } = plan.partition
      if (await isOutdated(plan.partition, cluster, kafka)) {
        const reason = `A broker is yet to learn which replicas topic ${topicName} has now`
        return { kind: 'WAIT', waitMs: MOVE_WAIT_MS, reason }
      }
      const message = `Topic ${topicName} has ${replicas.length} replicas: too few brokers would be left for them.`
      throw new OperationFailure('TOO_FEW_BROKERS', message)
    }
    if (plan.moves.length === 0 && ongoing.length === 0) return { kind: 'DONE' }
    const progress = `${plan.moves.length} to start, ${ongoing.length} under way`
    const begun = ongoing.map((move) => ({
      sizeBytes: sizes.get(keyOf(move)) ?? 0,
      receivers: move.addingReplicas,
    }))
    const batch = nextBatch(plan.moves, begun, MOVE_LIMITS)
    // Looking takes a while: whoever was told meanwhile that moving is paused sees nothing new begin.
    const newest = batch.length > 0 && (await clusters.find(cluster))
    if (newest && !isPaused(newest)) await admin.reassign(batch)
    const underWay = [...begun, ...batch].reduce((sum, move) => sum + move.sizeBytes, 0)
    return {
      kind: 'WAIT',
      waitMs: lookAgainMs(underWay),
      reason: `Partitions are moving: ${progress}`,
      progress,
    }
  })
}

/**
 * Whether another broker knows fewer replicas. A move that has ended is seen by the controller at once; a broker that has
 * not heard of it still shows the replicas of before and after together, which may be more than there will be brokers.
 */
async function isOutdated(
  { topicName, partition, replicas }: PlanPartition,
  cluster: Cluster,
  kafka: StepContext['kafka'],
): Promise<boolean> {
  for (const endpoint of brokerEndpoints(cluster)) {
    const { topics } = await kafka([endpoint], (admin) => admin.topology([topicName]))
    const found = topics.find((topic) => topic.topicName === topicName)
    const known = found?.partitions.find((each) => each.partition === partition)
    if (known === undefined || known.replicas.length < replicas.length) return true
  }
  return false
}

function problemOf(
  cluster: Cluster,
  { topics }: Topology,
  ongoing: readonly OngoingReassignment[],
  sizes: ReadonlyMap<string, number>,
): Omit<RebalanceProblem, 'balance'> {
  const rollingBack = cluster.activeOperation?.errorInfo !== undefined
  const going = rollingBack ? 'JOINING' : 'LEAVING'
  const brokers = cluster.brokers.map(({ brokerId, zone, membership }) => ({
    brokerId,
    rack: zone,
    membership,
  }))
  const moving = new Map(ongoing.map((move) => [keyOf(move), move]))
  const partitions = topics.flatMap(({ topicName, partitions }) =>
    partitions.map(({ partition, replicas }): PlanPartition => {
      const key = sizeKey(topicName, partition)
      const { removingReplicas = [] } = moving.get(key) ?? {}
      const lasting = replicas.filter((id) => !removingReplicas.includes(id))
      return { topicName, partition, replicas: lasting, sizeBytes: sizes.get(key) ?? 0 }
    }),
  )
  return {
    staying: brokers.filter(({ membership }) => membership !== going),
    leaving: brokers.filter(({ membership }) => membership === going),
    partitions,
  }
}

/** A broker that is not registered any more is what was asked for. */
async function unregister(admin: KafkaAdmin, brokerId: number): Promise<void> {
  try {
    await admin.unregisterBroker(brokerId)
  } catch (error) {
    if (!(error instanceof KafkaAdminError && error.code === 'BROKER_ID_NOT_REGISTERED')) throw error
  }
}

/**
 * A look asks every broker for all its replicas: the more they have to copy, the longer it is until the next one, up to
 * about a second.
 */
function lookAgainMs(underWayBytes: number): number {
  return MOVE_WAIT_MS + Math.min(underWayBytes / COPIED_BYTES_PER_MS, 1_000)
}

function isPaused(cluster: Cluster): boolean {
  if (cluster.clusterType !== 'PROVISIONED') return false
  const { rebalancing } = cluster.activeOperation?.update?.specification ?? cluster.provisioned
  return rebalancing.status === 'PAUSED'
}

function keyOf({ topicName, partition }: { topicName: string; partition: number }): string {
  return sizeKey(topicName, partition)
}

const MOVE_WAIT_MS = 200
/** More than brokers copy, so that it is not the look that moves wait for. */
const COPIED_BYTES_PER_MS = 1024 ** 2
