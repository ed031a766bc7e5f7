import { CoordinationError } from '@freshet/coordination'
import { EnvelopeApi } from '../../apis/58-envelope.ts'
import {
  type BrokerConfig,
  type BrokerRegistration,
  type ControllerContext,
  type ControllerEventType,
  type ControllerReply,
  type ControllerRequest,
  decide,
  type Liveness,
  type LivenessEvent,
  livenessAtTakeover,
} from '../../cluster/index.ts'
import type { Runtime } from '../../runtime/types.ts'
import { randomKafkaUuid } from '../../runtime/uuid.ts'
import type { Logger } from '../../telemetry/logger.ts'
import {
  type Api,
  type DraftFields,
  decodeResponse,
  ErrorCode,
  encodeRequestFrame,
  type Fields,
  type InferFields,
  KafkaError,
} from '../../wire/index.ts'
import { BrokerUnreachableError } from '../broker-client.ts'
import type { Connection } from '../connection.ts'
import { Candidacy } from './candidacy.ts'
import type { ControllerLease } from './controller-lease.ts'
import { ControllerLink, ifNoController } from './controller-link.ts'
import type { ControllerPort } from './controller-port.ts'
import type { MetadataFollower } from './metadata-follower.ts'
import { MetadataObservers } from './metadata-observers.ts'
import { MetadataTail } from './metadata-tail.ts'
import { PeriodicTasks } from './periodic-tasks.ts'
import { probe } from './probe.ts'

const METADATA_POLL_MS = 50
/** Looks into the store while the controller tells of each change: in case it forgets one. */
const METADATA_CHECK_MS = 5_000
const LIVENESS_TICK_MS = 100
/** For brokers that were not heard of yet, and whether there is anybody. */
const LOOK_AROUND_MS = 300
const FORWARD_RETRY_MS = 100
const FORWARD_ATTEMPTS_MAX = 100

export interface ControllerServiceParts {
  readonly runtime: Runtime
  readonly config: BrokerConfig
  readonly logger: Logger
  readonly lease: ControllerLease
  readonly metadata: MetadataFollower
  /** Serves a request frame in this process; the answer is without its size field. */
  readonly serveHere: (frame: Buffer, clientHost: string) => Promise<Buffer>
}

/** Takes part in being the controller: keeps or awaits the lease, decides events while it holds it, else asks who does. */
export class ControllerService implements ControllerPort {
  readonly #parts: ControllerServiceParts
  readonly #link: ControllerLink
  readonly #tail: MetadataTail
  #lastPollMs = -Infinity
  #liveness: Liveness | undefined
  /** Registrations that made themselves heard in this term; the others only have the benefit of the doubt. */
  #heard = new Map<number, number>()
  #stopped = false
  readonly observers = new MetadataObservers()
  readonly appendedFrom: ControllerPort['appendedFrom']
  readonly #tasks: PeriodicTasks
  readonly #candidacy: Candidacy
  /** Of the term that ended by standing aside, for the case that nobody else takes over. */
  #heardBefore: Liveness | undefined
  #refreshed: Promise<void> = Promise.resolve()

  constructor(parts: ControllerServiceParts) {
    this.#parts = parts
    const { runtime, metadata, config, logger } = parts
    this.appendedFrom = (index) => metadata.appendedFrom(index)
    this.#tasks = new PeriodicTasks(runtime.timers, logger)
    this.#link = new ControllerLink(runtime, metadata.image, config.nodeId)
    this.#candidacy = new Candidacy(runtime, metadata.image, config)
    this.#tail = new MetadataTail({
      runtime,
      metadata,
      logger,
      brokerId: config.nodeId,
      controllerId: () => (this.isActive ? undefined : this.controllerId),
      onUnreachable: (controllerId) => this.#lookForController(controllerId),
      onRefused: () => this.#refresh(),
    })
  }

  get isActive(): boolean {
    return this.#liveness !== undefined && this.#parts.lease.own !== undefined
  }

  get controllerId(): number | undefined {
    return this.#parts.lease.holderId
  }

  /** Resolves when it is known who the controller is, if anybody is. */
  async start(): Promise<void> {
    await this.#refresh()
    const { lease } = this.#parts
    this.#tasks.repeat(() => lease.refreshAfterMs, this.#refresh.bind(this))
    this.#tasks.every(LOOK_AROUND_MS, () => this.#lookAround())
    this.#tasks.every(METADATA_POLL_MS, () => this.#poll())
    this.#tail.start()
    const { settings } = this.#parts.config
    this.#tasks.every(settings['leader.imbalance.check.interval.seconds'] * 1000, () =>
      this.#balanceLeaders(),
    )
    this.#tasks.every(LIVENESS_TICK_MS, () => this.#observe({ type: 'tick' }))
  }

  async stop(): Promise<void> {
    this.#stopped = true
    this.#tasks.stop()
    this.#liveness = undefined
    this.#link.close()
    this.#tail.stop()
    await this.#parts.lease.release().catch((error) => {
      this.#parts.logger.warn('the lease was not given back: it will run out', { error })
    })
  }

  async submit<K extends ControllerEventType>(
    type: K,
    request: ControllerRequest<K>,
  ): Promise<ControllerReply<K>> {
    const { lease, metadata } = this.#parts
    const own = lease.own
    if (own === undefined || !this.isActive) throw new KafkaError(ErrorCode.NOT_CONTROLLER)
    try {
      return await metadata.append(own, (image) => decide(image, { type, request }, this.#context()))
    } catch (error) {
      if (!(error instanceof CoordinationError)) throw error
      this.#parts.logger.warn('the controller steps down: the store refused a change', { error })
      this.#stepDown()
      throw new KafkaError(ErrorCode.NOT_CONTROLLER, error.message)
    }
  }

  async forward(frame: Buffer, clientHost: string): Promise<Buffer> {
    for (let attempt = 1; attempt <= FORWARD_ATTEMPTS_MAX && !this.#stopped; attempt++) {
      const answer = await this.#tryToServe(frame, clientHost).catch(ifNoController)
      if (answer !== undefined) return answer
      await new Promise<void>((resolve) => this.#parts.runtime.timers.after(FORWARD_RETRY_MS, resolve))
    }
    throw new BrokerUnreachableError('no controller could be reached')
  }

  /** Here, if this broker is the controller, else where the controller is thought to be. */
  async #tryToServe(frame: Buffer, clientHost: string): Promise<Buffer> {
    if (this.isActive) return this.#parts.serveHere(frame, clientHost)
    const { responseData, errorCode } = await this.#link.request(this.controllerId, EnvelopeApi, {
      requestData: frame,
      requestPrincipal: null,
      clientHostAddress: Buffer.from(clientHost),
    })
    if (errorCode !== ErrorCode.NONE || responseData === null) throw new KafkaError(errorCode)
    return responseData
  }

  async request<Request extends Fields, Response extends Fields>(
    api: Api<Request, Response>,
    body: DraftFields<Request>,
    timeoutMs?: number,
  ): Promise<InferFields<Response>> {
    if (!this.isActive) return this.#link.request(this.controllerId, api, body, timeoutMs)
    const version = api.versions[1]
    const frame = encodeRequestFrame(api, version, { correlationId: 0, clientId: null }, body)
    const answer = await this.#parts.serveHere(frame.subarray(4), 'localhost')
    return decodeResponse(api, version, answer).body
  }

  /** The lease's token: it rises with each change of the controller. */
  get controllerEpoch(): number {
    return this.#parts.lease.own?.token ?? -1
  }

  heard(brokerId: number, brokerEpoch: number, connection: Connection | undefined): void {
    if (brokerId !== this.#parts.config.nodeId) this.#candidacy.hearsSomebody()
    this.#heard.set(brokerId, brokerEpoch)
    this.#observe({ type: 'heard', brokerId, brokerEpoch })
    connection?.onceClosed(`broker-${brokerId}`, () => {
      if (this.#heard.get(brokerId) === brokerEpoch) this.#observe({ type: 'processDied', brokerId })
    })
  }

  left(brokerId: number): void {
    this.observers.forget(brokerId)
    this.#observe({ type: 'left', brokerId })
  }

  /** There are news in the log of metadata. */
  followSoon(): void {
    this.#follow().catch((error) => this.#parts.logger.warn('the metadata could not be read', { error }))
  }

  #context(): ControllerContext {
    const { config, runtime } = this.#parts
    const { clusterId, nodeId, settings, staticOverrides } = config
    return {
      ...{ clusterId, nodeId, settings, staticOverrides },
      random: runtime.random,
      newUuid: () => randomKafkaUuid(runtime.random),
      hasSession: (brokerId, brokerEpoch) => this.#hasSession(brokerId, brokerEpoch),
    }
  }

  /** A registration of our own id can only be ours: this process holds the log directory. */
  #hasSession(brokerId: number, brokerEpoch: number): boolean {
    if (brokerId === this.#parts.config.nodeId || this.#heard.get(brokerId) !== brokerEpoch) return false
    return this.#liveness?.hasSession(brokerId, brokerEpoch) ?? false
  }

  /** One after the other: two at once would take the lease from each other. */
  #refresh(): Promise<void> {
    const refreshed = this.#refreshed.then(() => this.#refreshOnce())
    this.#refreshed = refreshed.catch(nothing)
    return refreshed
  }

  async #refreshOnce(): Promise<void> {
    const { lease, logger } = this.#parts
    try {
      await lease.refresh(this.#candidacy)
    } catch (error) {
      // Without the store nothing can be changed, but everything goes on being served.
      logger.warn('the coordination store cannot be reached', { error })
    }
    if (lease.holderId !== this.#parts.config.nodeId) {
      this.#heardBefore = undefined
      this.#candidacy.hearsSomebody()
    }
    if (lease.holderId !== undefined) this.#link.leaveAllBut(lease.holderId)
    if (lease.own === undefined) this.#liveness = undefined
    else if (this.#liveness === undefined && !this.#stopped) await this.#takeOver()
  }

  async #takeOver(): Promise<void> {
    const { metadata, runtime, config, logger } = this.#parts
    await metadata.catchUp()
    const sessionTimeoutMs = config.settings['broker.session.timeout.ms']
    const liveness = { sessionTimeoutMs, ownBrokerId: config.nodeId }
    this.#liveness =
      this.#heardBefore ?? livenessAtTakeover(metadata.image, liveness, runtime.clock.monotonic())
    this.#heardBefore = undefined
    this.#heard = new Map()
    this.observers.clear()
    logger.info('this broker is now the controller', { metadataOffset: metadata.image.offset })
    this.#lookForUnheard()
  }

  /** Whose process died with, or soon after, the controller before cannot be heard of any more: nobody listens there. */
  #lookForUnheard(): void {
    const liveness = this.#liveness
    const { metadata, config } = this.#parts
    for (const broker of metadata.image.brokers.values()) {
      const isUnheard = !broker.fenced && !this.#heard.has(broker.brokerId)
      if (isUnheard && liveness && broker.brokerId !== config.nodeId) this.#lookFor(broker, liveness)
    }
  }

  #lookFor(broker: BrokerRegistration, liveness: Liveness): void {
    const { runtime, logger } = this.#parts
    const { brokerId, brokerEpoch } = broker
    probe(runtime, broker)
      .then(async (result) => {
        const isNews = this.#liveness === liveness && this.#heard.get(brokerId) === undefined
        if (result !== 'absent' || !isNews || !liveness.hasSession(brokerId, brokerEpoch)) return
        await this.#observe({ type: 'processDied', brokerId })
      })
      .catch((error) => logger.error('a broker could not be looked for', { brokerId, error }))
  }

  /** The connection to the controller broke. If nobody listens there its process is dead, and its lease to be had. */
  async #lookForController(controllerId: number): Promise<void> {
    const { runtime, lease, metadata, logger } = this.#parts
    const held = lease.seen
    const broker = metadata.image.brokers.get(controllerId)
    if (held === undefined || broker === undefined || controllerId !== lease.holderId) return
    const isDead = (await probe(runtime, broker)) === 'absent'
    if (this.#stopped) return
    const isFreed = isDead && (await lease.free(held))
    if (isFreed) logger.info('the controller is dead: its lease is free', { controllerId })
    await this.#refresh()
  }

  async #lookAround(): Promise<void> {
    this.#lookForUnheard()
    const liveness = this.#liveness
    const isToYield = liveness !== undefined && (await this.#candidacy.isToYieldAgain(liveness))
    if (isToYield && this.#liveness === liveness) await this.#standAside()
  }

  /** Whoever hears no other broker must not fence them all: one that they reach takes over, if there is one. */
  async #standAside(): Promise<void> {
    const { lease, logger } = this.#parts
    logger.warn('the controller hears no other broker, and stands aside')
    this.#candidacy.standAside()
    this.#heardBefore = this.#liveness
    this.#liveness = undefined
    await lease.giveBack()
  }

  #stepDown(): void {
    this.#liveness = undefined
    this.#parts.lease.lost()
  }

  async #poll(): Promise<void> {
    const nowMs = this.#parts.runtime.clock.monotonic()
    if (this.#tail.isConnected && nowMs - this.#lastPollMs < METADATA_CHECK_MS) return
    this.#lastPollMs = nowMs
    await this.#follow()
  }

  /** Brings leaderships back to the preferred replicas, in portions, so that other changes get their turn. */
  async #balanceLeaders(): Promise<void> {
    let hasMore = this.isActive
    while (hasMore && this.isActive) hasMore = (await this.submit('balanceLeaders', {})).more
  }

  async #follow(): Promise<void> {
    if (!this.isActive) await this.#parts.metadata.catchUp()
  }

  async #observe(event: LivenessEvent): Promise<void> {
    const nowMs = this.#parts.runtime.clock.monotonic()
    const liveness = this.#liveness
    if (liveness === undefined) return
    if (event.type === 'tick' && this.#candidacy.isToYield(liveness)) return this.#standAside()
    const ended = liveness.handle(event, nowMs)
    for (const { brokerId, brokerEpoch, reason } of ended) {
      this.#parts.logger.warn('a broker is fenced', { brokerId, brokerEpoch, reason })
      await this.submit('fenceBroker', { brokerId, brokerEpoch }).catch((error) => {
        this.#parts.logger.warn('a broker was not fenced', { brokerId, brokerEpoch, error })
      })
    }
  }
}

function nothing(): undefined {
  return undefined
}
