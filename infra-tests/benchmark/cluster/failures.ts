/** How long a partition cannot be written when its leader is killed, stopped in good order, or when the controller falls silent. */
import type { BrokerProcess } from '../../conformance/broker-process.ts'
import type { ClusterUnderTest } from '../../conformance/cluster-under-test.ts'
import { waitFor } from '../../support/wait.ts'
import type { Metrics } from '../broker/case.ts'
import { atMost, noGoal } from '../goals.ts'
import { AcknowledgementWriters, longestGapMs, type Writer } from './acknowledgement-writers.ts'
import {
  addressesOf,
  awaitWhole,
  type ClusterCase,
  type ClusterSide,
  onBroker,
  withReplicatedTopic,
} from './cluster-case.ts'

const PARTITIONS = 6
/** So many records are acknowledged in every partition before anything happens. */
const WRITE_FIRST = 50
const WRITE_LIMIT_MS = 60_000
const FAILOVER_LIMIT_MS = 60_000

export const failureCases: readonly ClusterCase[] = [
  {
    name: 'leader-killed',
    title:
      'kill -9 of a leader → its partitions accept acks=all again; every other time it is the controller too',
    brokers: 3,
    goals: { medianMs: atMost(1000, 'ms'), p99Ms: atMost(2000, 'ms'), controllerMedianMs: noGoal },
    repetitions: 1,
    isWarmedUp: false,
    run: killLeaders,
  },
  {
    name: 'leader-stopped',
    title: 'controlled stop of a leader: longest gap between acknowledgements (acks=all)',
    brokers: 3,
    goals: { medianMs: atMost(100, 'ms'), p99Ms: noGoal },
    repetitions: 1,
    isWarmedUp: false,
    run: stopLeaders,
  },
  {
    name: 'controller-silent',
    title: 'controller stands still (SIGSTOP) → another one creates a topic',
    brokers: 3,
    goals: { medianMs: atMost(2500, 'ms'), p99Ms: noGoal },
    repetitions: 1,
    isWarmedUp: false,
    run: silenceControllers,
  },
]

async function killLeaders(side: ClusterSide): Promise<Metrics> {
  const kills = side.flavor === 'freshet' ? 20 : side.quick ? 4 : 8
  const times: { readonly ms: number; readonly wasController: boolean }[] = []
  for (let kill = 0; kill < kills; kill++) {
    const wasController = kill % 2 === 1
    const ms = await killLeader(side, wasController)
    console.log(
      `  killed ${wasController ? 'controller' : 'leader'}: written again after ${ms.toFixed(0)} ms`,
    )
    times.push({ ms, wasController })
  }
  const ofControllers = times.filter((time) => time.wasController).map(({ ms }) => ms)
  return {
    ...quantiles(times.map(({ ms }) => ms)),
    controllerMedianMs: quantiles(ofControllers).medianMs,
  }
}

function killLeader(side: ClusterSide, isController: boolean): Promise<number> {
  return withWriters(side, async (writers, topic) => {
    const controller = await controllerOf(side.cluster)
    const victim = isController ? controller : side.cluster.brokers.find(({ id }) => id !== controller.id)!
    const hit = ledBy(victim, writers)
    const killedAtMs = performance.now()
    victim.signal('SIGKILL')
    const backAtMs = await Promise.all(hit.map((writer) => led(writer, killedAtMs, victim)))
    await victim.gone()
    await victim.start()
    await awaitWhole(side.cluster, topic)
    return Math.max(...backAtMs) - killedAtMs
  })
}

async function stopLeaders(side: ClusterSide): Promise<Metrics> {
  const times: number[] = []
  for (let round = 0; round < (side.quick ? 4 : 10); round++) {
    times.push(
      await withWriters(side, async (writers, topic) => {
        const victim = side.cluster.brokers[round % side.cluster.brokers.length]!
        const hit = ledBy(victim, writers)
        const stoppedAtMs = performance.now()
        victim.signal('SIGTERM')
        await Promise.all(hit.map((writer) => led(writer, stoppedAtMs, victim)))
        await victim.gone()
        const gapMs = Math.max(...hit.map((writer) => longestGapMs(writer, stoppedAtMs)))
        await victim.start()
        await awaitWhole(side.cluster, topic)
        return gapMs
      }),
    )
  }
  return quantiles(times)
}

async function silenceControllers(side: ClusterSide): Promise<Metrics> {
  const times: number[] = []
  for (let round = 0; round < (side.quick ? 3 : 6); round++) {
    const controller = await controllerOf(side.cluster)
    const others = addressesOf(side.cluster).filter(({ port }) => port !== controller.port)
    const topic = `silent-${Date.now().toString(36)}`
    const stoppedAtMs = performance.now()
    controller.signal('SIGSTOP')
    await waitFor('another controller', FAILOVER_LIMIT_MS, () => createsTopic(others[round % 2]!, topic), 10)
    times.push(performance.now() - stoppedAtMs)
    controller.signal('SIGCONT')
    await awaitWhole(side.cluster, topic)
  }
  return quantiles(times)
}

/** An attempt that found no controller is given up and repeated; whether it was not carried out after all shows the second. */
async function createsTopic(address: { host: string; port: number }, topic: string): Promise<boolean> {
  const errorCode = await onBroker(
    address,
    (client) => client.createTopic({ topic, partitions: 1, replicationFactor: 3 }),
    250,
  )
  return errorCode === 0 || errorCode === 36 // TOPIC_ALREADY_EXISTS
}

function withWriters<T>(
  side: ClusterSide,
  use: (writers: AcknowledgementWriters, topic: string) => Promise<T>,
): Promise<T> {
  return withReplicatedTopic(side, PARTITIONS, async (topic) => {
    const writers = new AcknowledgementWriters(addressesOf(side.cluster), topic, PARTITIONS)
    try {
      await waitFor('acknowledgements from every leader', WRITE_LIMIT_MS, async () =>
        writers.writers.every(({ acknowledged }) => acknowledged.length >= WRITE_FIRST),
      )
      return await use(writers, topic)
    } finally {
      await writers.stop()
    }
  })
}

function ledBy({ id }: BrokerProcess, { writers }: AcknowledgementWriters): Writer[] {
  const led = writers.filter(({ acknowledged }) => acknowledged.at(-1)?.leader === id)
  if (led.length === 0) throw new Error(`broker ${id} leads nothing`)
  return led
}

/** When the first acknowledgement came from another leader. */
function led({ partition, acknowledged }: Writer, sinceMs: number, victim: BrokerProcess): Promise<number> {
  return waitFor(
    `another leader of partition ${partition}`,
    FAILOVER_LIMIT_MS,
    async () => acknowledged.find(({ atMs, leader }) => atMs > sinceMs && leader !== victim.id)?.atMs,
    2,
  )
}

/** Who all brokers say it is: one that stood still says for a moment that it still is. */
function controllerOf(cluster: ClusterUnderTest): Promise<BrokerProcess> {
  return waitFor('a controller', FAILOVER_LIMIT_MS, async () => {
    const named = await Promise.all(
      addressesOf(cluster).map((address) => onBroker(address, (client) => client.controllerId())),
    )
    return cluster.brokers.find(({ id }) => named.every((controllerId) => controllerId === id))
  })
}

/** With a few measurements the 99th percentile is the worst of them. */
function quantiles(times: readonly number[]): { medianMs: number; p99Ms: number } {
  const sorted = [...times].sort((left, right) => left - right)
  const at = (quantile: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * quantile))]
  return { medianMs: at(0.5) ?? Number.NaN, p99Ms: at(0.99) ?? Number.NaN }
}
