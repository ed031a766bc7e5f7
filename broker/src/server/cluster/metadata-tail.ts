/**
 * Hears of new entries in the metadata log as soon as the controller has written them: a fetch of `__cluster_metadata`
 * waits there until there is one. It brings those that the controller itself has appended, which the store has taken;
 * all others are read from the store. So all brokers learn of a change at about the same time, however slow the store.
 */
import { CoordinationError } from '@freshet/coordination'
import { FetchApi } from '../../apis/01-fetch.ts'
import { METADATA_TOPIC_ID } from '../../apis/metadata-fetch.ts'
import { decodeEntries } from '../../cluster/index.ts'
import type { Runtime } from '../../runtime/types.ts'
import type { Logger } from '../../telemetry/logger.ts'
import { ErrorCode, KafkaError } from '../../wire/index.ts'
import { BrokerUnreachableError } from '../broker-client.ts'
import { ControllerLink } from './controller-link.ts'
import type { MetadataFollower } from './metadata-follower.ts'

const WAIT_MS_MAX = 1000
const RETRY_MS = 100

export interface MetadataTailParts {
  readonly runtime: Runtime
  readonly metadata: MetadataFollower
  readonly brokerId: number
  readonly logger: Logger
  /** Undefined while nobody is known to be the controller, or this broker is. */
  readonly controllerId: () => number | undefined
  /** The connection to the controller broke, or it does not answer. */
  readonly onUnreachable: (controllerId: number) => Promise<void>
  /** It answers that it is the controller no more, or not yet. */
  readonly onRefused: () => Promise<void>
}

export class MetadataTail {
  readonly #parts: MetadataTailParts
  readonly #link: ControllerLink
  #isStopped = false
  /** The controller that answered the last fetch. */
  #connectedTo: number | undefined

  constructor(parts: MetadataTailParts) {
    this.#parts = parts
    this.#link = new ControllerLink(parts.runtime, parts.metadata.image, parts.brokerId)
  }

  /**
   * Whether the present controller answered the last fetch: as long as it does no news is missed. One that fell silent
   * is not the present one any more as soon as another has its lease, however long its answer is waited for.
   */
  get isConnected(): boolean {
    return this.#connectedTo !== undefined && this.#connectedTo === this.#parts.controllerId()
  }

  start(): void {
    this.#run().catch((error) => {
      this.#connectedTo = undefined
      this.#parts.logger.error('listening to the controller failed: the store is looked into instead', {
        error,
      })
    })
  }

  stop(): void {
    this.#isStopped = true
    this.#link.close()
  }

  async #run(): Promise<void> {
    while (!this.#isStopped) {
      const controllerId = this.#parts.controllerId()
      const isAnswered = controllerId !== undefined && (await this.#listen(controllerId))
      this.#connectedTo = isAnswered ? controllerId : undefined
      if (!isAnswered) await this.#sleep(RETRY_MS)
    }
  }

  /** One fetch; false if it brought nothing to rely on. */
  async #listen(controllerId: number): Promise<boolean> {
    const { metadata, brokerId, onRefused } = this.#parts
    const { image } = metadata
    try {
      const { responses } = await this.#link.request(
        controllerId,
        FetchApi,
        fetchFrom(image.offset + 1, brokerId),
      )
      const found = responses[0]?.partitions[0]
      if (found?.errorCode !== ErrorCode.NONE) {
        await onRefused()
        return false
      }
      if (found.records !== null && found.records.length > 0)
        await metadata.follow(decodeEntries(found.records))
      if (found.highWatermark > image.offset + 1) await metadata.catchUp()
      return true
    } catch (error) {
      if (!isOfOthers(error)) throw error
      if (error instanceof BrokerUnreachableError) await this.#tellUnreachable(controllerId)
      return false
    }
  }

  async #tellUnreachable(controllerId: number): Promise<void> {
    try {
      await this.#parts.onUnreachable(controllerId)
    } catch (error) {
      if (!isOfOthers(error)) throw error
    }
  }

  #sleep(delayMs: number): Promise<void> {
    return new Promise((resolve) => {
      this.#parts.runtime.timers.after(delayMs, resolve)
    })
  }
}

/** Neither a controller that is gone nor a store that is away ends the listening. */
function isOfOthers(error: unknown): boolean {
  return error instanceof KafkaError || error instanceof CoordinationError
}

function fetchFrom(fetchOffset: number, brokerId: number) {
  const wanted = { partition: 0, fetchOffset, partitionMaxBytes: 0 }
  return {
    replicaState: { replicaId: brokerId, replicaEpoch: -1 },
    maxWaitMs: WAIT_MS_MAX,
    minBytes: 1,
    sessionId: 0,
    sessionEpoch: -1,
    topics: [{ topicId: METADATA_TOPIC_ID, partitions: [wanted] }],
    forgottenTopicsData: [],
    rackId: '',
  }
}
