/** An idempotent producer's id (KIP-98): fetched when needed, replaced when sequence numbers were lost. */
import { ErrorCode } from '@freshet/broker/wire'
import { InitProducerIdApi } from '../broker-code.ts'
import type { HistoryRecorder } from '../checker/recorder.ts'
import { type ClusterClient, ifNoAnswer } from './cluster-client.ts'

const INIT_PRODUCER_ID_VERSION = 4

interface Identity {
  readonly producerId: number
  readonly producerEpoch: number
  readonly generation: number
}

export class ProducerIdentity {
  readonly #client: ClusterClient
  readonly #history: HistoryRecorder
  #identity: Identity | undefined
  #fetching: Promise<Identity | undefined> | undefined
  #generation = 0

  constructor(client: ClusterClient, history: HistoryRecorder) {
    this.#client = client
    this.#history = history
  }

  /** Undefined if no broker gave one: to be tried again. */
  current(): Promise<Identity | undefined> {
    if (this.#identity !== undefined) return Promise.resolve(this.#identity)
    this.#fetching ??= this.#fetch().finally(() => {
      this.#fetching = undefined
    })
    return this.#fetching
  }

  renew(): void {
    if (this.#identity === undefined) return
    this.#identity = undefined
    this.#history.notice(this.#client.name, { name: 'newProducerId' })
  }

  async #fetch(): Promise<Identity | undefined> {
    const body = { transactionalId: null, transactionTimeoutMs: 1000 }
    const answer = await this.#client
      .requestAny(InitProducerIdApi, INIT_PRODUCER_ID_VERSION, body)
      .catch(ifNoAnswer)
    if (answer?.errorCode !== ErrorCode.NONE) return undefined
    const { producerId, producerEpoch } = answer
    this.#identity = { producerId, producerEpoch, generation: ++this.#generation }
    this.#client.world.trace.add(this.#client.name, 'has a producer id', { producerId })
    return this.#identity
  }
}
