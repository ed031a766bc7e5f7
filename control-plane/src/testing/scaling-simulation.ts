import type { BrokerPeriod } from '../metrics/msk/period.ts'
import type { Reading } from '../metrics/reading.ts'
import type { Cluster } from '../model/cluster.ts'
import { POLICY } from '../scaling/autoscaler/decide.ts'
import { Autoscaling } from '../scaling/loop/autoscaling.ts'
import { DecisionLog } from '../scaling/loop/decision-log.ts'
import { LoadStore } from '../scaling/loop/load-store.ts'
import { ACCOUNT, creatingCluster, silentLog } from './fixtures.ts'
import type { LoadShape } from './load-shapes.ts'
import { SimulatedWorld } from './simulated-world.ts'

/**
 * The whole loop in virtual time: a load, brokers that carry it evenly, the autoscaler that looks each minute, and its
 * operations carried out by the runner's own steps over a fleet in memory. Only how long those take is assumed.
 */
export interface SimulatedWeek {
  readonly reversalsPerDay: number
  readonly p99Utilisation: number
  readonly brokerHours: number
  /** Of the smallest fleet of a fixed size whose utilisation stays below 70 % at p99: nobody knows it beforehand. */
  readonly bestStaticBrokerHours: number
  readonly operations: number
}

/** Bytes per second, in and out, that fill one broker's core. */
export const SIMULATED_CAPACITY = 31.2 * 1024 ** 2

const ZONES = 3
const MINUTE_MS = 60_000
/** Until new brokers have their share of the partitions, or leaving ones are empty. */
const OPERATION_MINUTES = 5
const STARTED_MS = Date.parse('2026-11-23T00:00:00Z')

export async function simulateScaling(
  shape: LoadShape,
  options: { readonly days: number; readonly restartEveryMinutes?: number },
): Promise<SimulatedWeek> {
  const minutes = options.days * 24 * 60
  const world = new SimulatedWorld()
  let nowMs = STARTED_MS
  const control = { ...world.boot(), now: () => nowMs }
  const newAutoscaling = () =>
    new Autoscaling({
      clusters: world.clusters,
      fleet: world.fleet,
      kafka: world.kafka.use,
      account: ACCOUNT,
      decisions: new DecisionLog(world.documents),
      loads: new LoadStore(world.documents, MINUTE_MS),
      now: () => nowMs,
      log: silentLog,
    })
  const { clusterName } = await createCluster(world, startingFleet(shape))
  let autoscaling = newAutoscaling()
  let endsAtMinute = Number.POSITIVE_INFINITY
  const utilisations: number[] = []
  const directions: string[] = []
  let brokerMinutes = 0
  for (let minute = 0; minute < minutes; minute++) {
    nowMs = STARTED_MS + minute * MINUTE_MS
    if (minute % (options.restartEveryMinutes ?? Number.POSITIVE_INFINITY) === 0)
      autoscaling = newAutoscaling()
    if (minute >= endsAtMinute) {
      await world.run((await world.clusters.get(clusterName))!, control)
      endsAtMinute = Number.POSITIVE_INFINITY
    }
    const cluster = (await world.clusters.get(clusterName))!
    const serving = cluster.brokers.filter(({ membership }) => membership === undefined).length
    const cores = shape(minute) / SIMULATED_CAPACITY
    utilisations.push(cores / serving)
    brokerMinutes += cluster.brokers.length
    await autoscaling.look(nowMs, [
      {
        cluster,
        brokers: cluster.brokers.map((each) => working(each.brokerId, cores / cluster.brokers.length)),
      },
    ])
    const after = (await world.clusters.get(clusterName))!
    if (after.activeOperation === undefined || cluster.activeOperation !== undefined) continue
    directions.push(after.activeOperation.operationType)
    endsAtMinute = minute + OPERATION_MINUTES
  }
  const reversals = directions.filter((direction, at) => at > 0 && directions[at - 1] !== direction)
  return {
    reversalsPerDay: reversals.length / options.days,
    p99Utilisation: quantile(utilisations, 0.99),
    brokerHours: Math.round(brokerMinutes / 60),
    bestStaticBrokerHours: bestStaticFleet(shape, minutes) * options.days * 24,
    operations: directions.length,
  }
}

async function createCluster(world: SimulatedWorld, brokers: number): Promise<Cluster> {
  const cluster = await creatingCluster('orders', 'PROVISIONED', world.fleet, brokers)
  await world.clusters.create({ ...cluster, tags: { 'freshet:autoscaling': 'act' } })
  await world.run(cluster, world.boot())
  world.kafka.addTopic({ topicName: 'load', partitionCount: 60, replicationFactor: 3, configs: {} })
  return (await world.clusters.get('orders'))!
}

/** A minute of a broker that used so many cores. */
function working(brokerId: number, cores: number): BrokerPeriod {
  const reading = (atMs: number, cpuSeconds: number): Reading => ({
    atMs,
    values: new Map([['process_cpu_seconds_total', cpuSeconds]]),
    topics: new Map(),
    dataBytes: 0,
    hasUserPartition: true,
    partitionEnds: new Map(),
    lags: [],
  })
  return {
    brokerId,
    before: reading(0, 0),
    after: reading(MINUTE_MS, cores * 60),
    volumeSizeBytes: undefined,
  }
}

/** As somebody would have chosen for the first hour. */
function startingFleet(shape: LoadShape): number {
  const first = Math.max(...Array.from({ length: 60 }, (_, minute) => shape(minute)))
  return wholeSets(first / SIMULATED_CAPACITY / POLICY.targetUtilisation)
}

function bestStaticFleet(shape: LoadShape, minutes: number): number {
  const loads = Array.from({ length: minutes }, (_, minute) => shape(minute))
  return wholeSets(quantile(loads, 0.99) / SIMULATED_CAPACITY / 0.7)
}

function wholeSets(brokers: number): number {
  return Math.max(ZONES, Math.ceil(brokers / ZONES) * ZONES)
}

function quantile(values: readonly number[], share: number): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length * share)] ?? 0
}
