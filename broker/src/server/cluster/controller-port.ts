import type {
  ControllerEventType,
  ControllerReply,
  ControllerRequest,
  StoredEntry,
} from '../../cluster/index.ts'
import type { Api, DraftFields, Fields, InferFields } from '../../wire/index.ts'
import type { Connection } from '../connection.ts'
import type { MetadataObservers } from './metadata-observers.ts'

/** The cluster's controller, wherever it is. */
export interface ControllerPort {
  /** Whether this broker is the controller, as far as it knows: the store has the last word on each change. */
  readonly isActive: boolean
  /** The active controller's broker id, if one is known. */
  readonly controllerId: number | undefined
  /** Rises with each change of the controller; -1 unless this broker is it. */
  readonly controllerEpoch: number
  /** Entries of the metadata log from this index to its end, if this broker has appended all of them of late. */
  appendedFrom(index: number): readonly StoredEntry[]
  /** How far the others follow the metadata log, as far as the controller heard. */
  readonly observers: MetadataObservers
  /** Decides an event here. Rejects with KafkaError: NOT_CONTROLLER if this broker is not, or no longer, the controller. */
  submit<K extends ControllerEventType>(type: K, request: ControllerRequest<K>): Promise<ControllerReply<K>>
  /** Lets the active controller serve a client's frame; retries for a bounded time. */
  forward(frame: Buffer, clientHost: string): Promise<Buffer>
  /** Sends a request of this broker to the active controller, which may be itself; rejects if it cannot be reached. */
  request<Request extends Fields, Response extends Fields>(
    api: Api<Request, Response>,
    body: DraftFields<Request>,
    timeoutMs?: number,
  ): Promise<InferFields<Response>>
  /** A broker was heard of; when `connection` closes its process counts as dead. */
  heard(brokerId: number, brokerEpoch: number, connection: Connection | undefined): void
  /** A broker left in good order. */
  left(brokerId: number): void
}
