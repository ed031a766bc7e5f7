/**
 * The cluster that the suites talk to: Freshet's brokers, or with FRESHET_ORACLE=apache Apache Kafka itself, so
 * that a failing suite can be blamed on the right side.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll } from 'vitest'
import { startApacheBrokers } from './apache-brokers.ts'
import type { BrokerProcess } from './broker-process.ts'
import { startFreshetBrokers } from './freshet-brokers.ts'

export interface ClusterUnderTest {
  /** All brokers, as clients take them. */
  readonly bootstrap: string
  readonly brokers: readonly BrokerProcess[]
  stop(): Promise<void>
}

export interface ClusterOptions {
  readonly brokers?: number
  /** Where a broker says it is. */
  readonly rack?: (brokerId: number) => string
  /** Further lines of server.properties. */
  readonly properties?: Readonly<Record<string, string>>
  /** What Freshet's brokers find in their environment. */
  readonly env?: Readonly<Record<string, string>>
}

export interface StartOptions extends Required<ClusterOptions> {
  /** An empty folder for everything that the brokers write. */
  readonly folder: string
}

export type Flavor = 'freshet' | 'apache'

export async function startCluster(
  options: ClusterOptions = {},
  flavor: Flavor = flavorFromEnvironment(),
): Promise<ClusterUnderTest> {
  const folder = mkdtempSync(join(tmpdir(), 'freshet-test-'))
  const complete = { brokers: 3, rack: zoneOf, properties: {}, env: {}, ...options, folder }
  const start = flavor === 'apache' ? startApacheBrokers : startFreshetBrokers
  try {
    const cluster = await start(complete)
    const stop = async () => {
      await cluster.stop()
      rmSync(folder, { recursive: true, force: true })
    }
    return { ...cluster, stop }
  } catch (error) {
    rmSync(folder, { recursive: true, force: true })
    throw error
  }
}

/** Starts a cluster before the suite's tests and stops it after them. */
export function useCluster(options: ClusterOptions = {}): () => ClusterUnderTest {
  let cluster: ClusterUnderTest | undefined
  beforeAll(async () => {
    cluster = await startCluster(options)
  })
  afterAll(() => cluster?.stop())
  return () => {
    if (!cluster) throw new Error('the cluster did not start')
    return cluster
  }
}

function zoneOf(brokerId: number): string {
  return `us-east-1${'abc'[(brokerId - 1) % 3]}`
}

export function flavorFromEnvironment(): Flavor {
  return process.env.FRESHET_ORACLE === 'apache' ? 'apache' : 'freshet'
}

let names = 0

/** A name that no other test uses. */
export function uniqueName(prefix: string): string {
  names += 1
  return `${prefix}-${process.pid.toString(36)}-${names}`
}
