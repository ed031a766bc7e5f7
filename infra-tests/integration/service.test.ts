/** The launcher as a user runs it: Ctrl-C ends everything cleanly, the next start finds everything again. */
import { Kafka, logLevel } from 'kafkajs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { isAlive } from '../support/processes.ts'
import { mustRun } from '../support/programs.ts'
import { awaitServed, parseAddress, RawClient } from '../support/raw-client.ts'
import { suite } from '../support/requirements.ts'
import { Service } from '../support/service.ts'

suite('the service', ['freshet', 'kcat'], () => {
  let service: Service
  let clusterArn: string
  let bootstrap: string

  beforeAll(async () => {
    service = await Service.start()
    clusterArn = await service.createCluster('kept')
    bootstrap = await service.awaitActive(clusterArn)
  })
  afterAll(() => service?.stop())

  test('a created cluster serves kafkajs and kcat on its bootstrap brokers', async () => {
    const kafka = new Kafka({ brokers: bootstrap.split(','), logLevel: logLevel.NOTHING })
    const admin = kafka.admin()
    await admin.connect()
    await admin.createTopics({ topics: [{ topic: 'orders', numPartitions: 3 }], waitForLeaders: true })
    await awaitServed(bootstrap, 'orders')
    const metadata = await admin.fetchTopicMetadata({ topics: ['orders'] })
    await admin.disconnect()
    const leaders = metadata.topics[0]?.partitions.map(({ leader }) => leader).sort()
    expect(leaders).toEqual([1, 2, 3])
    const producer = kafka.producer()
    await producer.connect()
    const messages = [0, 1, 2].map((partition) => ({
      partition,
      key: `k${partition}`,
      value: `v${partition}`,
    }))
    await producer.send({ topic: 'orders', acks: -1, messages })
    await producer.disconnect()
    expect(await readWithKcat()).toEqual(['k0=v0', 'k1=v1', 'k2=v2'])
  })

  test('Ctrl-C leaves no process, and a second start finds cluster, topic, records and ports', async () => {
    const units = service.units()
    expect(units).toHaveLength(3)
    expect(await service.interrupt()).toBe(0)
    for (const { pid, folder } of units) expect(isAlive(pid, folder)).toBe(false)
    await expect(RawClient.connect(parseAddress(bootstrap.split(',')[0]!))).rejects.toThrow('ECONNREFUSED')

    await service.startLauncher()
    expect(await service.awaitActive(clusterArn)).toBe(bootstrap)
    await expect.poll(readWithKcat).toEqual(['k0=v0', 'k1=v1', 'k2=v2'])
  })

  async function readWithKcat(): Promise<string[]> {
    const args = ['-b', bootstrap, '-C', '-q', '-t', 'orders', '-o', 'beginning', '-e', '-f', '%k=%s\n']
    return (await mustRun('kcat', args)).stdout.trimEnd().split('\n').sort()
  }
})
