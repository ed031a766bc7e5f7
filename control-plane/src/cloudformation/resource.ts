import type { ServiceRecord } from '../dns/service-record.ts'
import type { CallApi } from './api.ts'
import type { Journal } from './journal.ts'
import type {
  Answer,
  CreateRequest,
  CustomResourceRequest,
  Data,
  DeleteRequest,
  Outcome,
  UpdateRequest,
  Waiting,
} from './request.ts'

/** A kind of resource. Each function looks, does one thing at most, and says how far it is: it is called again. */
export interface Resource {
  create(request: CreateRequest, context: ResourceContext): Promise<Outcome>
  update(request: UpdateRequest, context: ResourceContext): Promise<Outcome>
  delete(request: DeleteRequest, context: ResourceContext): Promise<Outcome>
}

export interface ResourceContext {
  readonly call: CallApi
  readonly journal: Journal
  /** When CloudFormation sent the request. */
  readonly sentAtMs: number
  /** All that the service has. */
  readonly hostIds: () => Promise<readonly string[]>
  /** The name of the service, if it has one. */
  readonly serviceRecord?: Pick<ServiceRecord, 'keep' | 'giveUp'>
}

export function succeeded(physicalResourceId: string, data: Data = {}): Outcome {
  return { status: 'SUCCESS', physicalResourceId, data }
}

export function waiting(reason: string, physicalResourceId?: string): Waiting {
  return { status: 'WAITING', reason, ...(physicalResourceId !== undefined && { physicalResourceId }) }
}

/** Where nothing was made, CloudFormation asks for the deletion of what has this id all the same. */
export function failed(request: CustomResourceRequest, reason: string): Answer {
  const physicalResourceId =
    request.requestType === 'Create' ? NOT_MADE + request.requestId : request.physicalResourceId
  return { status: 'FAILED', physicalResourceId, reason }
}

export function wasMade(physicalResourceId: string): boolean {
  return !physicalResourceId.startsWith(NOT_MADE)
}

const NOT_MADE = 'not-made:'
