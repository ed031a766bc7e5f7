import { BrokerRegistrationApi } from '../../apis/62-broker-registration.ts'
import { BrokerHeartbeatApi } from '../../apis/63-broker-heartbeat.ts'
import type { BrokerConfig, ClusterView } from '../../cluster/index.ts'
import type { Runtime } from '../../runtime/types.ts'
import { randomKafkaUuid } from '../../runtime/uuid.ts'
import type { Logger } from '../../telemetry/logger.ts'
import { ErrorCode, errorName } from '../../wire/index.ts'
import { BrokerUnreachableError } from '../broker-client.ts'
import type { ControllerPort } from './controller-port.ts'

/** How soon a heartbeat is tried again while the broker is not yet, or no longer, part of the cluster. */
const EAGER_HEARTBEAT_MS = 25
const CONTROLLED_SHUTDOWN_MS = 3000
/** SecurityProtocol.PLAINTEXT */
const PLAINTEXT = 0

export interface MembershipParts {
  readonly runtime: Runtime
  readonly config: BrokerConfig
  readonly logger: Logger
  readonly cluster: ClusterView
  readonly controller: ControllerPort
  readonly logs: LogDirectory
}

/** The folder of the records, as far as a registration is concerned. */
export interface LogDirectory {
  /** Its own uuid. */
  readonly directoryId: string
  /** The registration under which it was used last, if nothing that was written then is lost; else -1. */
  readonly previousBrokerEpoch: number
  /** Notes the registration under which it is used from now on. */
  noteBrokerEpoch(brokerEpoch: number): void
}

/** This broker's place in the cluster: registers (KIP-631), sends heartbeats, and leaves in good order. */
export class Membership {
  readonly id: number
  readonly #parts: MembershipParts
  /** New for each start of the process. */
  readonly incarnationId: string
  #epoch = -1
  /** Of the last registration: it is tried again so often that only a change is worth a line in the log. */
  #refusal: number = ErrorCode.NONE
  #fenced = true
  #leaving = false
  #canLeave = false
  #stopped = false
  /** As in Kafka. After an answer that does not come, another attempt is to come before the session ends. */
  readonly #answerMsMax: number

  constructor(parts: MembershipParts) {
    this.#parts = parts
    this.id = parts.config.nodeId
    this.#answerMsMax = parts.config.settings['broker.session.timeout.ms'] / 2
    this.incarnationId = randomKafkaUuid(parts.runtime.random)
  }

  /** Of the current registration; -1 before the first. */
  get epoch(): number {
    return this.#epoch
  }

  get isFenced(): boolean {
    return this.#fenced
  }

  start(): void {
    this.#beatAfter(0)
  }

  /** Asks the controller to move leaderships away; waits for its word, but not forever, nor for one that is silent. */
  async leave(): Promise<void> {
    this.#leaving = true
    const { timers } = this.#parts.runtime
    await new Promise<void>((resolve, reject) => {
      const limit = timers.after(CONTROLLED_SHUTDOWN_MS, resolve)
      this.#handOver()
        .then(resolve, reject)
        .finally(() => limit.cancel())
    })
    this.#stopped = true
  }

  async #handOver(): Promise<void> {
    while (!this.#canLeave && this.#epoch >= 0 && !this.#stopped) {
      await this.#beat()
      if (!this.#canLeave)
        await new Promise<void>((resolve) => this.#parts.runtime.timers.after(EAGER_HEARTBEAT_MS, resolve))
    }
  }

  #beatAfter(delayMs: number): void {
    this.#parts.runtime.timers.after(delayMs, async () => {
      if (this.#stopped || this.#leaving) return
      await this.#beat()
      const interval = this.#parts.config.settings['broker.heartbeat.interval.ms']
      this.#beatAfter(this.#fenced ? EAGER_HEARTBEAT_MS : interval)
    })
  }

  async #beat(): Promise<void> {
    try {
      if (this.#epoch < 0) await this.#register()
      if (this.#epoch >= 0) await this.#heartbeat()
    } catch (error) {
      const { logger } = this.#parts
      if (error instanceof BrokerUnreachableError) logger.debug('the controller cannot be reached', { error })
      else logger.error('a heartbeat failed', { error })
    }
  }

  async #register(): Promise<void> {
    const { config, controller, logs, logger } = this.#parts
    const listeners = config.advertisedListeners.map(({ name, host, port }) => ({
      name,
      host,
      port,
      securityProtocol: PLAINTEXT,
    }))
    const registration = {
      brokerId: this.id,
      clusterId: config.clusterId,
      incarnationId: this.incarnationId,
      listeners,
      features: [],
      rack: config.rack,
      logDirs: [logs.directoryId],
      previousBrokerEpoch: logs.previousBrokerEpoch,
    }
    const response = await controller.request(BrokerRegistrationApi, registration, this.#answerMsMax)
    const { errorCode } = response
    if (errorCode !== ErrorCode.NONE && errorCode !== this.#refusal)
      logger.warn('the controller refused to register this broker', { error: errorName(errorCode) })
    this.#refusal = errorCode
    if (errorCode !== ErrorCode.NONE) return
    this.#epoch = response.brokerEpoch
    logs.noteBrokerEpoch(response.brokerEpoch)
  }

  async #heartbeat(): Promise<void> {
    const { cluster, controller, logger } = this.#parts
    const wasFenced = this.#fenced
    const heartbeat = {
      brokerId: this.id,
      brokerEpoch: this.#epoch,
      currentMetadataOffset: cluster.offset,
      wantFence: false,
      wantShutDown: this.#leaving,
    }
    const response = await controller.request(BrokerHeartbeatApi, heartbeat, this.#answerMsMax)
    const { errorCode } = response
    if (errorCode === ErrorCode.STALE_BROKER_EPOCH || errorCode === ErrorCode.BROKER_ID_NOT_REGISTERED) {
      this.#epoch = -1
      this.#fenced = true
      return
    }
    if (errorCode !== ErrorCode.NONE) return
    this.#fenced = response.isFenced
    this.#canLeave = response.shouldShutDown
    if (wasFenced && !this.#fenced)
      logger.info('this broker is part of the cluster', { brokerEpoch: this.#epoch })
  }
}
