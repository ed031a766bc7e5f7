import { AllocateProducerIdsApi } from '../apis/67-allocate-producer-ids.ts'
import { ErrorCode, KafkaError } from '../wire/index.ts'
import type { ControllerPort } from './cluster/controller-port.ts'

interface Block {
  next: number
  readonly end: number
}

/** Hands out producer ids from blocks that the controller allocates (KIP-730): no id is ever given twice. */
export class ProducerIds {
  readonly #controller: ControllerPort
  readonly #broker: { readonly id: number; readonly epoch: number }
  #block: Block | undefined
  #fetching: Promise<void> | undefined

  /** `broker` tells the current registration: the controller refuses a stale epoch. */
  constructor(controller: ControllerPort, broker: { readonly id: number; readonly epoch: number }) {
    this.#controller = controller
    this.#broker = broker
  }

  /** Throws KafkaError COORDINATOR_NOT_AVAILABLE, which clients retry, while the controller gives none. */
  async next(): Promise<number> {
    await this.ready()
    return this.take()
  }

  /** Resolves when `take` has an id to give at once. Rejects as `next` does. */
  async ready(): Promise<void> {
    while (!this.#hasId) {
      this.#fetching ??= this.#fetch().finally(() => {
        this.#fetching = undefined
      })
      await this.#fetching
    }
  }

  take(): number {
    const block = this.#block
    if (block === undefined || !this.#hasId) throw new Error('there is no producer id to take')
    return block.next++
  }

  get #hasId(): boolean {
    return this.#block !== undefined && this.#block.next < this.#block.end
  }

  async #fetch(): Promise<void> {
    const { id: brokerId, epoch: brokerEpoch } = this.#broker
    const request = this.#controller.request(AllocateProducerIdsApi, { brokerId, brokerEpoch })
    const { errorCode, producerIdStart, producerIdLen } = await request.catch(unavailable)
    if (errorCode !== ErrorCode.NONE || producerIdLen < 1) unavailable(new KafkaError(errorCode))
    this.#block = { next: producerIdStart, end: producerIdStart + producerIdLen }
  }
}

/** Clients retry this code; any error but a KafkaError is a fault of ours. */
function unavailable(error: unknown): never {
  if (!(error instanceof KafkaError)) throw error
  throw new KafkaError(ErrorCode.COORDINATOR_NOT_AVAILABLE, `no producer ids: ${error.message}`)
}
