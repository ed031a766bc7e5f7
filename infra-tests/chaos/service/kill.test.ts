/**
 * kill -9 against the real service. FRESHET_CHAOS_SEED repeats a run. Nothing acknowledged is lost, the service
 * brings back what died, and operations that were begun are finished.
 */
import { ListClustersV2Command } from '@aws-sdk/client-kafka'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { checkLedger, readTopic } from '../../support/ledger.ts'
import { isAlive, killNow } from '../../support/processes.ts'
import { Random, seedFromEnvironment } from '../../support/random.ts'
import { type Address, parseAddress, RawClient } from '../../support/raw-client.ts'
import { suite } from '../../support/requirements.ts'
import { Service } from '../../support/service.ts'
import { PATIENCE_MS, sleep, waitFor } from '../../support/wait.ts'
import { createTopic, startWriters } from './writers.ts'

const seed = seedFromEnvironment('FRESHET_CHAOS_SEED')
const partitions = 6

suite('kill -9', ['freshet'], () => {
  let service: Service
  let brokers: Address[]

  beforeAll(async () => {
    service = await Service.start()
    const arn = await service.createCluster('chaos')
    brokers = (await service.awaitActive(arn)).split(',').map(parseAddress)
  })
  afterAll(() => service?.stop())

  test('a broker is back on its port, with its data', async () => {
    await writeDuring('one-broker', async () => {
      for (let round = 0; round < 3; round++) {
        const unit = service.units()[round]!
        killNow(unit.pid)
        await waitFor(
          'the killed process to be gone',
          PATIENCE_MS,
          async () => !isAlive(unit.pid, unit.folder),
          2,
        )
        await allServe()
        await sleep(200)
      }
    })
  })

  test('all brokers at once', async () => {
    await writeDuring('all-brokers', async () => {
      for (const { pid } of service.units()) killNow(pid)
      await sleep(50)
      await allServe()
    })
  })

  test('brokers serve without a control plane, which adopts them when it is back', async () => {
    const before = service.units().map(({ pid }) => pid)
    await writeDuring('control-plane', async (acknowledged) => {
      const [controlPlane] = service.pidsOf('control-plane')
      killNow(controlPlane!)
      const count = acknowledged()
      await waitFor(
        'acknowledgements without control plane',
        PATIENCE_MS,
        async () => acknowledged() > count + 20,
      )
      await waitFor('another control plane', PATIENCE_MS, async () => {
        const [next] = service.pidsOf('control-plane')
        return next !== undefined && next !== controlPlane && (await service.isHealthy())
      })
      const { ClusterInfoList } = await service.api.send(new ListClustersV2Command({}))
      expect(ClusterInfoList?.map(({ ClusterName, State }) => [ClusterName, State])).toEqual([
        ['chaos', 'ACTIVE'],
      ])
    })
    expect(service.units().map(({ pid }) => pid)).toEqual(before)
  })

  test('an operation that was begun is finished by the next control plane', async () => {
    const arn = await service.createCluster('begun')
    killNow(service.pidsOf('control-plane')[0]!)
    const bootstrap = await service.awaitActive(arn)
    expect(bootstrap.split(',')).toHaveLength(3)
    const { ClusterInfoList } = await service.api.send(
      new ListClustersV2Command({ ClusterNameFilter: 'begun' }),
    )
    expect(ClusterInfoList).toHaveLength(1)
    await createTopic(parseAddress(bootstrap.split(',')[0]!), 'served', 3)
  })

  test('brokers outlive the launcher and are adopted by the next one', async () => {
    const before = service.units().map(({ pid }) => pid)
    await writeDuring('launcher', async (acknowledged) => {
      killNow(service.launcher.pid)
      await service.launcher.ended
      const count = acknowledged()
      await waitFor('acknowledgements without launcher', PATIENCE_MS, async () => acknowledged() > count + 20)
      await service.startLauncher()
      await allServe()
    })
    expect(service.units().map(({ pid }) => pid)).toEqual(before)
  })

  test(`any combination, seed ${seed}`, async () => {
    console.log(`chaos seed ${seed}: repeat with FRESHET_CHAOS_SEED=${seed}`)
    const random = new Random(seed)
    await writeDuring('combinations', async () => {
      for (let round = 0; round < 6; round++) {
        await sleep(100 + random.below(400))
        await killSome(random)
        await allServe()
        await waitFor('a healthy service', PATIENCE_MS, () => service.isHealthy())
      }
    })
  })

  async function killSome(random: Random): Promise<void> {
    const victims = service.units().filter(() => random.chance(0.5))
    const others = (['control-plane', 'host-agent'] as const).filter(() => random.chance(0.5))
    const launcherToo = random.chance(0.3)
    for (const { pid } of [
      ...victims,
      ...others.flatMap((role) => service.pidsOf(role).map((pid) => ({ pid }))),
    ]) {
      killNow(pid)
      if (random.chance(0.5)) await sleep(random.below(100))
    }
    if (!launcherToo) return
    killNow(service.launcher.pid)
    await service.launcher.ended
    await service.startLauncher()
  }

  /** Writes all the while; afterwards exactly what was acknowledged must be there. */
  async function writeDuring(
    topic: string,
    disturb: (acknowledged: () => number) => Promise<void>,
  ): Promise<void> {
    await createTopic(brokers[0]!, topic, partitions)
    const writers = startWriters(brokers, topic, partitions)
    await waitFor('the first acknowledgements', PATIENCE_MS, async () => writers.acknowledged.length > 20)
    try {
      await disturb(() => writers.acknowledged.length)
      const count = writers.acknowledged.length
      await waitFor(
        'more acknowledgements',
        PATIENCE_MS,
        async () => writers.acknowledged.length > count + 20,
      )
    } finally {
      await writers.stop()
    }
    const stored = await readTopic(brokers[0]!, topic)
    expect(checkLedger(writers.acknowledged, writers.attempted, stored)).toEqual([])
  }

  function allServe(): Promise<unknown> {
    return Promise.all(
      brokers.map((broker) => waitFor(`port ${broker.port}`, PATIENCE_MS, () => serves(broker), 5)),
    )
  }

  async function serves(broker: Address): Promise<boolean> {
    const client = await RawClient.connect(broker, 1_000)
    try {
      return (await client.metadata([])).brokers.size > 0
    } finally {
      client.close()
    }
  }
})
