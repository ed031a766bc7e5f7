import type {
  AddPartitions,
  EndTransaction,
  ErrorResponse,
  InitProducerId,
  ProducerResponse,
  SendMarkers,
  TransactionShard,
  VerifiedResponse,
  VerifyPartitions,
} from '../../coordinators/transactions/index.ts'
import { KafkaError } from '../../wire/index.ts'
import type { ProducerIds } from '../producer-ids.ts'
import { type CoordinatorParts, CoordinatorRuntime } from './coordinator-runtime.ts'

/** Transactional ids and their transactions, kept in `__transaction_state`. All calls reject as `run` does. */
export class TransactionCoordinator extends CoordinatorRuntime<TransactionShard, SendMarkers> {
  readonly #producerIds: ProducerIds

  constructor(parts: CoordinatorParts<TransactionShard, SendMarkers>, producerIds: ProducerIds) {
    super(parts)
    this.#producerIds = producerIds
  }

  async initProducerId(request: InitProducerId): Promise<ProducerResponse> {
    await this.#producerIds.ready()
    return this.run(request.transactionalId, (shard, token, now) =>
      shard.initProducerId(token, request, now, this.#newProducerId),
    )
  }

  async addPartitions(request: AddPartitions): Promise<number> {
    const { errorCode } = await this.run<ErrorResponse>(request.transactionalId, (shard, token, now) =>
      shard.addPartitions(token, request, now),
    )
    return errorCode
  }

  /** One code for each partition. */
  async verifyPartitions(request: VerifyPartitions): Promise<readonly number[]> {
    const { errorCodes } = await this.run<VerifiedResponse>(request.transactionalId, (shard, token, now) =>
      shard.verifyPartitions(token, request, now),
    )
    return errorCodes
  }

  async endTransaction(request: EndTransaction): Promise<ProducerResponse> {
    await this.#producerIds.ready()
    return this.run(request.transactionalId, (shard, token, now) =>
      shard.endTransaction(token, request, now, this.#newProducerId),
    )
  }

  /** A coordinator that is no longer in office has nothing to note: the next one asks for the markers itself. */
  markersWritten(partition: number, markers: SendMarkers): void {
    this.runAt(partition, (shard, token, now) => shard.markersWritten(token, markers, now)).catch((error) => {
      if (!(error instanceof KafkaError)) throw error
    })
  }

  readonly #newProducerId = (): number => this.#producerIds.take()
}
