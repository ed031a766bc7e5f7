import type {
  CreateVolume,
  Ec2Api,
  Instance,
  RunInstance,
  StateReason,
  Tags,
  Volume,
  VolumeShape,
} from '../fleet/ec2/api.ts'

export class Ec2Error extends Error {
  constructor(code: string, message = code) {
    super(message)
    this.name = code
  }
}

/** An error before the call has had any effect, or after it (the answer is lost). */
export type Fault = { readonly code: string; readonly when: 'BEFORE' | 'AFTER' }

interface Made<T> {
  readonly tags: Tags
  /** All that it ever was: Describe may show what was a while ago. */
  readonly past: { readonly atMs: number; readonly value: T }[]
}

/** EC2 in memory, on a clock of its own: changes take their time, and Describe may lag behind them. */
export class FakeEc2 implements Ec2Api {
  readonly instances = new Map<string, Made<Instance>>()
  readonly volumes = new Map<string, Made<Volume>>()
  readonly subnets = new Map<string, string>()
  /** `type market` that there is none of, and the error that says so. */
  readonly refused = new Map<string, string>()
  /** `type market` of instances that EC2 grants, and that end before they run. */
  readonly endingAtOnce = new Map<string, StateReason>()
  /** Instances to which no volume gets attached, though EC2 begins to. */
  readonly unattachable = new Set<string>()
  /** Instances that begin to shut down and do not end unless they are forced to. */
  readonly unending = new Set<string>()
  /** Volumes that nothing lets go of but force. */
  readonly undetachable = new Set<string>()
  /** Volumes that were changed lately. */
  readonly optimizing = new Set<string>()
  /** Instances whose status checks fail. */
  readonly impaired = new Set<string>()
  readonly requests: RunInstance[] = []
  readonly volumeRequests: CreateVolume[] = []
  readonly calls: string[] = []
  /** LocalStack does not honour client tokens. */
  honoursTokens = true
  nowMs = 0
  nextFault: (call: string) => Fault | undefined = () => undefined
  nextLagMs: () => number = () => 0
  /** Without an id where the request was refused: EC2 keeps the token all the same. */
  readonly #tokens = new Map<string, { id?: string; request: string }>()
  #events: { atMs: number; happen: () => void }[] = []
  #lastId = 0

  describeInstances = (tags: Tags) =>
    this.#call('DescribeInstances', () => this.#describe(this.instances, tags))
  describeVolumes = (tags: Tags) => this.#call('DescribeVolumes', () => this.#describe(this.volumes, tags))
  describeImpaired = () => this.#call('DescribeInstanceStatus', () => new Set(this.impaired))
  describeSubnets = (subnetIds: readonly string[]) =>
    this.#call('DescribeSubnets', () => {
      const known = subnetIds.filter((subnetId) => this.subnets.has(subnetId))
      return new Map(known.map((subnetId) => [subnetId, this.subnets.get(subnetId)!]))
    })

  runInstance = (request: RunInstance) =>
    this.#call('RunInstances', () => {
      const known = this.#byToken(request.clientToken, request)
      if (known !== undefined) {
        const instance = this.instance(known)
        if (instance.state === 'terminated') throw new Ec2Error('IdempotentInstanceTerminated')
        return instance
      }
      const code = this.refused.get(`${request.instanceType} ${request.market}`)
      if (code !== undefined) {
        this.#tokens.set(request.clientToken, { request: JSON.stringify(request) })
        throw new Ec2Error(code, `no ${request.instanceType} for now`)
      }
      this.requests.push(request)
      const instanceId = this.#newId('i', request.clientToken, request)
      const privateIpAddress = `10.0.0.${this.instances.size + 1}`
      const { instanceType, market, tags } = request
      const made = { instanceId, privateIpAddress, launchTimeMs: this.nowMs, instanceType, market, tags }
      const instance: Instance = { ...made, state: 'pending' }
      this.instances.set(instanceId, { tags, past: [{ atMs: this.nowMs, value: instance }] })
      const stateReason = this.endingAtOnce.get(`${instanceType} ${market}`)
      this.#later(3_000, () => {
        if (this.instance(instanceId).state !== 'pending') return
        if (stateReason === undefined) this.#setState(instanceId, 'running')
        else this.#setState(instanceId, 'terminated', stateReason)
      })
      return instance
    })

  terminateInstance = (instanceId: string, how?: 'FORCED') =>
    this.#call('TerminateInstances', () => {
      if (!this.instances.has(instanceId)) return
      this.kill(instanceId)
      if (how === 'FORCED' && this.unending.delete(instanceId))
        this.#later(5_000, () => this.#end(instanceId))
    })

  createVolume = (request: CreateVolume) =>
    this.#call('CreateVolume', () => {
      const known = this.#byToken(request.clientToken, request)
      if (known !== undefined) return this.volume(known)
      const volumeId = this.#newId('vol', request.clientToken, request)
      const { sizeGiB, throughputMiB, tags } = request
      const volume: Volume = { volumeId, state: 'creating', sizeGiB, throughputMiB, tags }
      this.volumeRequests.push(request)
      this.volumes.set(volumeId, { tags: request.tags, past: [{ atMs: this.nowMs, value: volume }] })
      this.#later(1_000, () => this.#change(volumeId, { state: 'available' }))
      return volume
    })

  modifyVolume = (volumeId: string, change: VolumeShape) =>
    this.#call('ModifyVolume', () => {
      if (this.optimizing.has(volumeId)) throw new Ec2Error('VolumeModificationRateExceeded')
      this.#change(volumeId, change)
    })

  describeModifications = (volumeIds: readonly string[]) =>
    this.#call('DescribeVolumesModifications', () =>
      volumeIds
        .filter((volumeId) => this.optimizing.has(volumeId))
        .map((volumeId) => ({ volumeId, state: 'optimizing' as const, percentDone: 63 })),
    )

  attachVolume = (volumeId: string, instanceId: string) =>
    this.#call('AttachVolume', () => {
      if (this.volume(volumeId).state !== 'available') throw new Ec2Error('VolumeInUse')
      if (this.instance(instanceId).state !== 'running') throw new Ec2Error('IncorrectState')
      const attachment = { instanceId, sinceMs: this.nowMs }
      this.#change(volumeId, { state: 'in-use', attachment: { ...attachment, state: 'attaching' } })
      if (this.unattachable.has(instanceId)) return
      this.#later(1_000, () => {
        if (this.volume(volumeId).attachment?.instanceId === instanceId)
          this.#change(volumeId, { attachment: { ...attachment, state: 'attached' } })
      })
    })

  detachVolume = (volumeId: string, instanceId: string, how?: 'FORCED') =>
    this.#call('DetachVolume', () => {
      if (this.volume(volumeId).attachment?.instanceId !== instanceId) throw new Ec2Error('IncorrectState')
      if (how === 'FORCED') {
        // EC2 would do it all the same, and what the instance still writes would be lost.
        if (this.instance(instanceId).state !== 'terminated') throw new Ec2Error('ForcedFromWriter')
        this.undetachable.delete(volumeId)
      }
      this.#letGo(volumeId)
    })

  deleteVolume = (volumeId: string) =>
    this.#call('DeleteVolume', () => {
      if (this.volume(volumeId).state !== 'available') throw new Ec2Error('VolumeInUse')
      this.#change(volumeId, { state: 'deleting' })
      this.#later(1_000, () => this.#change(volumeId, { state: 'deleted' }))
    })

  /** An instance ends, by whatever cause. */
  kill(instanceId: string, stateReason?: StateReason): void {
    const { state } = this.instance(instanceId)
    if (state === 'shutting-down' || state === 'terminated') return
    this.#setState(instanceId, 'shutting-down', stateReason)
    if (!this.unending.has(instanceId)) this.#later(5_000, () => this.#end(instanceId))
  }

  stop(instanceId: string): void {
    this.#setState(instanceId, 'stopped')
  }

  instance(instanceId: string): Instance {
    const made = this.instances.get(instanceId)
    if (made === undefined) throw new Ec2Error('InvalidInstanceID.NotFound')
    return made.past.at(-1)!.value
  }

  volume(volumeId: string): Volume {
    const made = this.volumes.get(volumeId)
    if (made === undefined) throw new Ec2Error('InvalidVolume.NotFound')
    return made.past.at(-1)!.value
  }

  /** A volume is deleted, or its disk fails. */
  lose(volumeId: string, state: 'deleted' | 'error'): void {
    this.#release(volumeId)
    this.#change(volumeId, { state })
  }

  /** What truly is, whatever Describe says. */
  liveInstances(): Instance[] {
    const all = [...this.instances.keys()].map((id) => this.instance(id))
    return all.filter(({ state }) => state !== 'shutting-down' && state !== 'terminated')
  }

  liveVolumes(): Volume[] {
    const all = [...this.volumes.keys()].map((id) => this.volume(id))
    return all.filter(({ state }) => state !== 'deleting' && state !== 'deleted')
  }

  advance(ms: number): void {
    const untilMs = this.nowMs + ms
    for (;;) {
      const due = this.#events.filter(({ atMs }) => atMs <= untilMs).sort((a, b) => a.atMs - b.atMs)[0]
      if (due === undefined) break
      this.#events = this.#events.filter((event) => event !== due)
      this.nowMs = due.atMs
      due.happen()
    }
    this.nowMs = untilMs
  }

  async #call<T>(name: string, effect: () => T): Promise<T> {
    this.calls.push(name)
    const fault = this.nextFault(name)
    if (fault?.when === 'BEFORE') throw new Ec2Error(fault.code)
    const result = effect()
    if (fault !== undefined) throw new Ec2Error(fault.code)
    return result
  }

  #describe<T>(made: ReadonlyMap<string, Made<T>>, tags: Tags): T[] {
    const asOfMs = this.nowMs - this.nextLagMs()
    return [...made.values()]
      .filter((each) => Object.entries(tags).every(([key, value]) => each.tags[key] === value))
      .flatMap(({ past }) => past.findLast(({ atMs }) => atMs <= asOfMs)?.value ?? [])
  }

  #byToken(token: string, request: unknown): string | undefined {
    const known = this.honoursTokens ? this.#tokens.get(token) : undefined
    if (known === undefined) return undefined
    if (known.request !== JSON.stringify(request)) throw new Ec2Error('IdempotentParameterMismatch')
    return known.id
  }

  #newId(kind: string, token: string, request: unknown): string {
    const id = `${kind}-${++this.#lastId}`
    this.#tokens.set(token, { id, request: JSON.stringify(request) })
    return id
  }

  #end(instanceId: string): void {
    this.#setState(instanceId, 'terminated')
    for (const volumeId of this.volumes.keys()) {
      if (this.volume(volumeId).attachment?.instanceId === instanceId) this.#letGo(volumeId)
    }
  }

  #setState(instanceId: string, state: Instance['state'], stateReason?: StateReason): void {
    const value = { ...this.instance(instanceId), state, ...(stateReason && { stateReason }) }
    this.instances.get(instanceId)!.past.push({ atMs: this.nowMs, value })
  }

  #change(volumeId: string, change: Partial<Volume>): void {
    const value = { ...this.volume(volumeId), ...change }
    this.volumes.get(volumeId)!.past.push({ atMs: this.nowMs, value })
  }

  #letGo(volumeId: string): void {
    const { attachment } = this.volume(volumeId)
    if (attachment !== undefined && this.undetachable.has(volumeId))
      this.#change(volumeId, { attachment: { ...attachment, state: 'detaching' } })
    else this.#release(volumeId)
  }

  #release(volumeId: string): void {
    const { attachment: _attachment, ...volume } = this.volume(volumeId)
    const value: Volume = { ...volume, state: 'available' }
    this.volumes.get(volumeId)!.past.push({ atMs: this.nowMs, value })
  }

  #later(ms: number, happen: () => void): void {
    this.#events.push({ atMs: this.nowMs + ms, happen })
  }
}
