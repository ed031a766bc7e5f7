/** Freshet's brokers alone, without control plane: configuration files and one coordination store. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { brokerArguments, brokerEnvironment } from '@freshet/host-agent'
import { freePorts } from '../support/ports.ts'
import { BrokerProcess } from './broker-process.ts'
import { propertiesText } from './brokers.ts'
import type { ClusterUnderTest, StartOptions } from './cluster-under-test.ts'

export const brokerBundle = join(import.meta.dirname, '..', '..', 'dist', 'broker.mjs')
const clusterId = '4L6g3nShT-eMCtK--X86sw'

export async function startFreshetBrokers(options: StartOptions): Promise<ClusterUnderTest> {
  const ports = await freePorts(options.brokers)
  const brokers = ports.map((port, index) => {
    const { file, dataFolder, logFile } = writeConfiguration(options, index + 1, port)
    return new BrokerProcess({
      id: index + 1,
      port,
      dataFolder,
      program: process.execPath,
      args: brokerArguments(brokerBundle, file),
      env: { ...brokerEnvironment, ...options.env },
      logFile,
      clusterSize: options.brokers,
      startLimitMs: 120_000,
    })
  })
  const stop = async () => {
    await Promise.all(brokers.map((broker) => broker.stop()))
  }
  try {
    await Promise.all(brokers.map((broker) => broker.start()))
    return { bootstrap: brokers.map(({ port }) => `127.0.0.1:${port}`).join(','), brokers, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

function writeConfiguration(
  options: StartOptions,
  id: number,
  port: number,
): { file: string; dataFolder: string; logFile: string } {
  const folder = join(options.folder, `broker-${id}`)
  const dataFolder = join(folder, 'data')
  mkdirSync(folder)
  const file = join(folder, 'server.properties')
  const properties = {
    'node.id': String(id),
    'cluster.id': clusterId,
    'broker.rack': options.rack(id),
    listeners: `PLAINTEXT://127.0.0.1:${port}`,
    'advertised.listeners': `PLAINTEXT://127.0.0.1:${port}`,
    'log.dirs': dataFolder,
    'group.initial.rebalance.delay.ms': '0',
    'freshet.coordination.url': `sqlite://${join(options.folder, 'coordination.db')}`,
    ...options.properties,
  }
  writeFileSync(file, propertiesText(properties))
  return { file, dataFolder, logFile: join(folder, 'broker.log') }
}
