/** The whole service as a user starts it: the launcher with a data folder of its own, reached through the MSK API. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  CreateClusterV2Command,
  DescribeClusterV2Command,
  GetBootstrapBrokersCommand,
  KafkaClient,
} from '@aws-sdk/client-kafka'
import { type Child, startChild } from './child.ts'
import { freePorts } from './ports.ts'
import { childrenOf, isAlive, killNow } from './processes.ts'
import { PATIENCE_MS, sleep, waitFor } from './wait.ts'

const bundles = join(import.meta.dirname, '..', '..', 'dist')

export type Role = 'control-plane' | 'host-agent'

export class Service {
  readonly dataFolder: string
  readonly endpoint: string
  readonly api: KafkaClient
  readonly #port: number
  #launcher: Child | undefined

  private constructor(dataFolder: string, port: number) {
    this.dataFolder = dataFolder
    this.#port = port
    this.endpoint = `http://127.0.0.1:${port}`
    this.api = new KafkaClient({
      endpoint: this.endpoint,
      region: 'us-east-1',
      credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
      maxAttempts: 1,
    })
  }

  static async start(): Promise<Service> {
    const [port] = await freePorts(1)
    const service = new Service(mkdtempSync(join(tmpdir(), 'freshet-test-')), port!)
    try {
      await service.startLauncher()
      return service
    } catch (error) {
      await service.stop()
      throw error
    }
  }

  /** Also after the launcher was killed: it finds everything again. */
  async startLauncher(): Promise<void> {
    const args = ['start', '--data', this.dataFolder, '--port', String(this.#port), '--no-quickstart']
    const launcher = startChild(
      process.execPath,
      [join(bundles, 'freshet.mjs'), ...args],
      `${this.dataFolder}.log`,
    )
    this.#launcher = launcher
    await waitFor('the service', PATIENCE_MS, async () => {
      if (!launcher.isRunning()) throw new Error(`the launcher ended:\n${launcher.log()}`)
      return this.isHealthy()
    })
  }

  get launcher(): Child {
    if (!this.#launcher) throw new Error('the service was not started')
    return this.#launcher
  }

  async isHealthy(): Promise<boolean> {
    return (await fetch(`${this.endpoint}/health`, { signal: AbortSignal.timeout(2_000) })).ok
  }

  /** Pids of the launcher's children with that bundle. */
  pidsOf(role: Role): number[] {
    const children = childrenOf(this.launcher.pid)
    return children.filter(({ command }) => command.includes(`${role}.mjs`)).map(({ pid }) => pid)
  }

  /** What the host agent wrote down about its broker processes. */
  units(): { folder: string; pid: number }[] {
    const hosts = join(this.dataFolder, 'hosts')
    return foldersIn(hosts)
      .flatMap((host) => foldersIn(join(host, 'units')))
      .flatMap((folder) => {
        const pid = pidIn(join(folder, 'unit.json'))
        return pid === undefined ? [] : [{ folder, pid }]
      })
  }

  async createCluster(name: string): Promise<string> {
    const zones = ['subnet-0000000a', 'subnet-0000000b', 'subnet-0000000c']
    const created = await this.api.send(
      new CreateClusterV2Command({
        ClusterName: name,
        Provisioned: {
          BrokerNodeGroupInfo: { ClientSubnets: zones, InstanceType: 'kafka.m7g.large' },
          KafkaVersion: '4.1.x',
          NumberOfBrokerNodes: 3,
        },
      }),
    )
    if (!created.ClusterArn) throw new Error('CreateClusterV2 gave no ARN')
    return created.ClusterArn
  }

  /** Resolves with the bootstrap brokers once the cluster is ACTIVE. */
  async awaitActive(clusterArn: string): Promise<string> {
    await waitFor(`${clusterArn} to be ACTIVE`, PATIENCE_MS, async () => {
      const described = await this.api.send(new DescribeClusterV2Command({ ClusterArn: clusterArn }))
      return described.ClusterInfo?.State === 'ACTIVE'
    })
    const { BootstrapBrokerString } = await this.api.send(
      new GetBootstrapBrokersCommand({ ClusterArn: clusterArn }),
    )
    if (!BootstrapBrokerString) throw new Error('GetBootstrapBrokers gave no plaintext string')
    return BootstrapBrokerString
  }

  /** Ctrl-C in the launcher's terminal. Resolves with the launcher's exit code. */
  async interrupt(): Promise<number | string> {
    this.launcher.process.kill('SIGINT')
    return this.launcher.ended
  }

  /** As Ctrl-C does it; whatever is left afterwards is killed. Resolves with the launcher's ending. */
  async stop(): Promise<number | string | undefined> {
    this.api.destroy()
    const launcher = this.#launcher
    if (launcher?.isRunning()) launcher.process.kill('SIGINT')
    const ending = await Promise.race([launcher?.ended, sleep(15_000)])
    const rest = [...this.units(), ...(launcher ? childrenOf(launcher.pid) : [])]
    if (launcher?.isRunning()) launcher.process.kill('SIGKILL')
    for (const { pid } of rest) if (isAlive(pid, this.dataFolder)) killNow(pid)
    rmSync(this.dataFolder, { recursive: true, force: true })
    rmSync(`${this.dataFolder}.log`, { force: true })
    return ending ?? undefined
  }
}

function foldersIn(folder: string): string[] {
  try {
    return readdirSync(folder).map((name) => join(folder, name))
  } catch (error) {
    if (isMissing(error)) return []
    throw error
  }
}

function pidIn(file: string): number | undefined {
  try {
    const { pid } = JSON.parse(readFileSync(file, 'utf8')) as { pid?: number }
    return pid
  } catch (error) {
    if (isMissing(error)) return undefined
    throw error
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR')
}
