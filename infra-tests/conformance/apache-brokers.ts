/** Apache Kafka as combined KRaft nodes: the oracle. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { kafkaBrokerArguments, kafkaTool } from '../support/java.ts'
import { freePorts } from '../support/ports.ts'
import { BrokerProcess } from './broker-process.ts'
import { propertiesText } from './brokers.ts'
import type { ClusterUnderTest, StartOptions } from './cluster-under-test.ts'

const clusterId = '4L6g3nShT-eMCtK--X86sw'

export async function startApacheBrokers(options: StartOptions): Promise<ClusterUnderTest> {
  const ports = await freePorts(options.brokers * 2)
  const [brokerPorts, controllerPorts] = [ports.slice(0, options.brokers), ports.slice(options.brokers)]
  const voters = controllerPorts.map((port, index) => `${index + 1}@127.0.0.1:${port}`).join(',')
  const brokers: BrokerProcess[] = []
  const stop = async () => {
    await Promise.all(brokers.map((broker) => broker.stop()))
  }
  try {
    await Promise.all(
      brokerPorts.map(async (port, index) => {
        const folder = join(options.folder, `node-${index + 1}`)
        mkdirSync(folder)
        const file = join(folder, 'server.properties')
        const controllerPort = controllerPorts[index]!
        writeFileSync(
          file,
          propertiesText({
            ...nodeProperties(index + 1, port, controllerPort, voters, folder),
            'broker.rack': options.rack(index + 1),
            ...options.properties,
          }),
        )
        const formatted = await kafkaTool('kafka-storage', ['format', '-t', clusterId, '-c', file])
        if (formatted.exitCode !== 0) throw new Error(`cannot format ${folder}:\n${formatted.output}`)
        const broker = new BrokerProcess({
          id: index + 1,
          port,
          dataFolder: join(folder, 'data'),
          program: 'java',
          args: kafkaBrokerArguments(file, options.brokers > 1 ? 512 : 1024),
          logFile: join(folder, 'log'),
          clusterSize: options.brokers,
          startLimitMs: 120_000,
        })
        brokers[index] = broker
        await broker.start()
      }),
    )
    return { bootstrap: brokers.map(({ port }) => `127.0.0.1:${port}`).join(','), brokers, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

function nodeProperties(
  id: number,
  port: number,
  controllerPort: number,
  voters: string,
  folder: string,
): Record<string, string> {
  return {
    'process.roles': 'broker,controller',
    'node.id': String(id),
    'controller.quorum.voters': voters,
    listeners: `PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort}`,
    'advertised.listeners': `PLAINTEXT://127.0.0.1:${port}`,
    'controller.listener.names': 'CONTROLLER',
    'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT',
    'inter.broker.listener.name': 'PLAINTEXT',
    'log.dirs': join(folder, 'data'),
    'offsets.topic.replication.factor': '1',
    'transaction.state.log.replication.factor': '1',
    'transaction.state.log.min.isr': '1',
    'share.coordinator.state.topic.replication.factor': '1',
    'share.coordinator.state.topic.min.isr': '1',
    'group.initial.rebalance.delay.ms': '0',
  }
}
