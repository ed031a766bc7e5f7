/**
 * LocalStack's EC2 instances exist on paper only. This runs each of them as a container from our image: with its user
 * data, an instance metadata service, its role's credentials, its private address and its data volume.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'
import { Containers, type ContainersOptions } from './containers.ts'
import { type Described, Ec2 } from './ec2.ts'
import { answerMetadata, givesCredentials, type InstanceFacts, type RoleCredentials } from './metadata.ts'
import {
  type Action,
  awaitedVolume,
  haveStarted,
  type InstanceSeen,
  type Machine,
  planActions,
} from './plan.ts'

export interface MachinesOptions extends ContainersOptions {
  /** LocalStack's, as containers reach it. */
  readonly endpoint: string
  /** Where instances' requests of DynamoDB go; to LocalStack's too, if absent. */
  readonly dynamodbEndpoint?: string
  readonly region: string
  readonly log: (line: string) => void
}

const POLL_MS = 250
/** Each look takes LocalStack 20 ms of a processor that all machines share. */
const CALM_POLL_MS = 1_000
/** What is left of volumes that are deleted is removed so often. */
const SWEEP_MS = 2_000

export class Machines {
  readonly #options: MachinesOptions
  readonly #ec2: Ec2
  readonly #containers: Containers
  readonly #machines = new Map<string, Machine>()
  readonly #known = new Map<string, Known>()
  /** Metadata services by VPC. */
  readonly #services = new Map<string, Promise<MetadataService>>()
  readonly #volumes = new Set<string>()
  /** When instances were given credentials for the first time since they were started last. */
  readonly #creditedAtMs = new Map<string, number>()
  readonly #announced = new Map<string, Readonly<Record<string, string>>>()
  readonly #closing = new AbortController()
  readonly #secret = crypto.randomUUID()
  #running: Promise<void> | undefined
  #sweptAtMs = Number.NEGATIVE_INFINITY

  constructor(options: MachinesOptions) {
    this.#options = options
    this.#ec2 = new Ec2(options.endpoint, options.region)
    this.#containers = new Containers(options)
  }

  async start(): Promise<void> {
    await this.#containers.removeAll()
    this.#running = this.#run()
  }

  async stop(): Promise<void> {
    this.#closing.abort()
    await this.#running
    for (const service of this.#services.values()) (await service).server.close()
    await this.#containers.removeAll()
    this.#ec2.close()
  }

  /** Name of an instance's container, or of a VPC's network. */
  nameOf(id: string): string {
    return this.#containers.nameOf(id)
  }

  /** Says to an instance what EC2 would announce: a document at a path below `meta-data/`. */
  announce(instanceId: string, path: string, announcement: unknown): void {
    this.#announced.set(instanceId, { [path]: JSON.stringify(announcement) })
  }

  containerNames(): Promise<string[]> {
    return this.#containers.names()
  }

  cpuShares(): Promise<number[]> {
    return this.#containers.cpuShares()
  }

  async #run(): Promise<void> {
    const { signal } = this.#closing
    while (!signal.aborted) {
      let isCalm = false
      try {
        isCalm = await this.#poll()
      } catch (error) {
        this.#complain('instances cannot be seen', error)
      }
      // An abort only ends the pause.
      await delay(isCalm ? CALM_POLL_MS : POLL_MS, undefined, { signal }).catch(() => {})
    }
  }

  /** Whether every instance is as it is to be. */
  async #poll(): Promise<boolean> {
    const described = await this.#ec2.instances()
    await Promise.all(described.map((instance) => this.#learn(instance)))
    const seen = described.map((instance) => this.#seen(instance))
    const actions = planActions(seen, [...this.#machines.values()])
    await Promise.all(actions.map((action) => this.#perform(action, seen)))
    if (performance.now() - this.#sweptAtMs >= SWEEP_MS) await this.#sweepVolumes()
    const isUp = ({ instanceId }: InstanceSeen) => this.#machines.get(instanceId)?.isBooting === false
    return actions.length === 0 && seen.every((instance) => instance.state !== 'running' || isUp(instance))
  }

  async #sweepVolumes(): Promise<void> {
    this.#sweptAtMs = performance.now()
    const existing = await this.#ec2.volumeIds()
    for (const volumeId of this.#volumes) {
      if (existing.has(volumeId)) continue
      await this.#containers.removeVolume(volumeId)
      this.#volumes.delete(volumeId)
    }
  }

  /** User data does not change while an instance runs; its profile is there a moment after itself. */
  async #learn({ instanceId, state, vpcId, profileArn, facts }: Described): Promise<void> {
    if (state !== 'running') {
      this.#known.delete(instanceId)
    } else if (this.#known.get(instanceId)?.profileArn !== profileArn || !this.#known.has(instanceId)) {
      const userData = await this.#ec2.userData(instanceId)
      const role = profileArn === undefined ? undefined : await this.#ec2.roleOf(profileArn)
      // At hand before they are asked for: the SDKs give the metadata service one second.
      const credentials = role && (await this.#ec2.assume(role.arn, instanceId))
      const known = { ...facts, userData, role: role?.name }
      this.#known.set(instanceId, { vpcId, profileArn, facts: known, credentials })
    }
  }

  #seen({ instanceId, state, stateReason, volumeIds }: Described): InstanceSeen {
    const { userData, role } = this.#known.get(instanceId)?.facts ?? {}
    const awaitedVolumeId = userData === undefined ? undefined : awaitedVolume(userData)
    const isUp = role === undefined || haveStarted(this.#creditedAtMs.get(instanceId), performance.now())
    return { instanceId, state, stateReason, volumeIds, awaitedVolumeId, isUp }
  }

  /** What fails is tried again with the next look. */
  async #perform(action: Action, seen: readonly InstanceSeen[]): Promise<void> {
    const { type, instanceId } = action
    const stateReason = seen.find((instance) => instance.instanceId === instanceId)?.stateReason ?? ''
    const machine = this.#machines.get(instanceId)
    const booting = { isOn: true, isBooting: true, stateReason }
    if (type === 'CREATE' || type === 'START' || type === 'RESTART') this.#creditedAtMs.delete(instanceId)
    try {
      if (action.type === 'CREATE') {
        await this.#create(instanceId, action.volumeId)
        this.#machines.set(instanceId, { instanceId, ...booting, volumeId: action.volumeId })
      } else if (type === 'REMOVE') {
        await this.#containers.remove(instanceId)
        this.#machines.delete(instanceId)
      } else if (type === 'BOOTED') {
        await this.#containers.weigh(instanceId, 'up')
        this.#machines.set(instanceId, { ...machine!, isBooting: false })
      } else if (type === 'STOP') {
        await this.#containers.stop(instanceId)
        this.#machines.set(instanceId, { ...machine!, isOn: false, stateReason })
      } else {
        await (type === 'START' ? this.#containers.start(instanceId) : this.#containers.restart(instanceId))
        this.#machines.set(instanceId, { ...machine!, ...booting })
      }
      this.#options.log(`${type} ${instanceId}`)
    } catch (error) {
      this.#complain(`${type} ${instanceId}`, error)
    }
  }

  async #create(instanceId: string, volumeId: string | undefined): Promise<void> {
    const { vpcId, facts } = this.#known.get(instanceId)!
    const { address } = await this.#metadataService(vpcId)
    const { endpoint, dynamodbEndpoint } = this.#options
    if (volumeId !== undefined) this.#volumes.add(volumeId)
    await this.#containers.create({
      instanceId,
      vpcId,
      privateIpAddress: facts.privateIpAddress,
      volumeId,
      environment: {
        AWS_EC2_METADATA_SERVICE_ENDPOINT: address,
        AWS_ENDPOINT_URL: endpoint,
        ...(dynamodbEndpoint !== undefined && { AWS_ENDPOINT_URL_DYNAMODB: dynamodbEndpoint }),
      },
    })
  }

  #metadataService(vpcId: string): Promise<MetadataService> {
    let service = this.#services.get(vpcId)
    if (service === undefined) {
      service = this.#openVpc(vpcId)
      this.#services.set(vpcId, service)
      // One that could not be opened is tried again.
      service.catch(() => this.#services.delete(vpcId))
    }
    return service
  }

  async #openVpc(vpcId: string): Promise<MetadataService> {
    const gateway = await this.#containers.createNetwork(vpcId, await this.#ec2.cidrOf(vpcId))
    const server = createServer((request, response) => void this.#serveMetadata(vpcId, request, response))
    await new Promise<void>((resolve, reject) =>
      server.once('error', reject).listen(0, gateway, () => resolve()),
    )
    const address = server.address()
    if (address === null || typeof address === 'string') throw new Error('a TCP server has a port')
    return { server, address: `http://${gateway}:${address.port}` }
  }

  /** Who asks is known by the address. */
  async #serveMetadata(vpcId: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const asking = [...this.#known.values()].find(
      (each) => each.vpcId === vpcId && each.facts.privateIpAddress === request.socket.remoteAddress,
    )
    try {
      if (asking === undefined) throw new Error(`${request.socket.remoteAddress} is no instance`)
      const { credentials } = asking
      const facts = { ...asking.facts, announced: this.#announced.get(asking.facts.instanceId) ?? {} }
      const { method = '', url: path = '', headers } = request
      const answer = await answerMetadata({ method, path, headers }, facts, {
        secret: this.#secret,
        nowMs: Date.now,
        credentials,
      })
      if (givesCredentials(path, answer)) this.#credit(asking.facts.instanceId)
      response.writeHead(answer.status, answer.headers).end(answer.body)
    } catch (error) {
      this.#complain('metadata', error)
      response.writeHead(500).end()
    }
  }

  #credit(instanceId: string): void {
    if (!this.#creditedAtMs.has(instanceId)) this.#creditedAtMs.set(instanceId, performance.now())
  }

  #complain(what: string, error: unknown): void {
    this.#options.log(`${what}: ${error instanceof Error ? error.message : String(error)}`)
  }
}

interface Known {
  readonly vpcId: string
  readonly profileArn: string | undefined
  readonly facts: Omit<InstanceFacts, 'announced'>
  /** Of the instance's role. They last longer than what is deployed here. */
  readonly credentials: RoleCredentials | undefined
}

interface MetadataService {
  readonly server: Server
  readonly address: string
}
