import * as z from 'zod'

/**
 * What CloudFormation sends for a custom resource, and what it wants to hear:
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/crpg-ref.html
 */
export type CustomResourceRequest = CreateRequest | UpdateRequest | DeleteRequest

export interface CreateRequest extends CommonRequest {
  readonly requestType: 'Create'
}

export interface UpdateRequest extends CommonRequest {
  readonly requestType: 'Update'
  readonly physicalResourceId: string
  /** As they were before. */
  readonly oldProperties: Properties
}

export interface DeleteRequest extends CommonRequest {
  readonly requestType: 'Delete'
  readonly physicalResourceId: string
}

interface CommonRequest {
  readonly requestId: string
  readonly stackId: string
  readonly logicalResourceId: string
  readonly resourceType: string
  readonly responseUrl: string
  readonly properties: Properties
}

/** CloudFormation makes text of every number and boolean. */
export type Properties = Readonly<Record<string, unknown>>
export type Data = Readonly<Record<string, string>>

export type Answer =
  | { readonly status: 'SUCCESS'; readonly physicalResourceId: string; readonly data: Data }
  | { readonly status: 'FAILED'; readonly physicalResourceId: string; readonly reason: string }

/** An answer, or why there is none yet, and what has been made so far. */
export type Outcome = Answer | Waiting

export interface Waiting {
  readonly status: 'WAITING'
  readonly reason: string
  readonly physicalResourceId?: string
}

const properties = z.record(z.string(), z.unknown())
const common = {
  RequestId: z.string().min(1).max(128),
  StackId: z.string().min(1).max(2048),
  LogicalResourceId: z.string().min(1).max(255),
  ResourceType: z.string().startsWith('Custom::').max(128),
  ResponseURL: z.url({ protocol: /^https?$/ }),
  ResourceProperties: properties.default({}),
}
const existing = { ...common, PhysicalResourceId: z.string().min(1).max(2048) }
const message = z.discriminatedUnion('RequestType', [
  z.object({ ...common, RequestType: z.literal('Create') }),
  z.object({ ...existing, RequestType: z.literal('Update'), OldResourceProperties: properties.default({}) }),
  z.object({ ...existing, RequestType: z.literal('Delete') }),
])
const envelope = z.object({ Type: z.literal('Notification'), Message: z.string() })

/** From the body of a message: the request itself, or SNS's envelope around it. Throws with a one-line reason. */
export function parseRequest(body: string): CustomResourceRequest {
  const value = parseJson(body)
  const wrapped = envelope.safeParse(value)
  const parsed = message.safeParse(wrapped.success ? parseJson(wrapped.data.Message) : value)
  if (!parsed.success) {
    const issues = parsed.error.issues.map(({ path, message: what }) => `${path.join('.')}: ${what}`)
    throw new Error(`no request of CloudFormation: ${issues.join('; ')}`)
  }
  const { data } = parsed
  const request: CommonRequest = {
    requestId: data.RequestId,
    stackId: data.StackId,
    logicalResourceId: data.LogicalResourceId,
    resourceType: data.ResourceType,
    responseUrl: data.ResponseURL,
    properties: data.ResourceProperties,
  }
  if (data.RequestType === 'Create') return { ...request, requestType: 'Create' }
  const { PhysicalResourceId: physicalResourceId } = data
  if (data.RequestType === 'Delete') return { ...request, requestType: 'Delete', physicalResourceId }
  const oldProperties = data.OldResourceProperties
  return { ...request, requestType: 'Update', physicalResourceId, oldProperties }
}

/** CloudFormation takes at most 4096 bytes of an answer. */
export function formatAnswer(request: CustomResourceRequest, answer: Answer): string {
  const { requestId, stackId, logicalResourceId } = request
  return JSON.stringify({
    Status: answer.status,
    ...(answer.status === 'FAILED' && { Reason: answer.reason.slice(0, MAX_REASON_LENGTH) }),
    PhysicalResourceId: answer.physicalResourceId,
    StackId: stackId,
    RequestId: requestId,
    LogicalResourceId: logicalResourceId,
    ...(answer.status === 'SUCCESS' && { Data: answer.data }),
  })
}

const MAX_REASON_LENGTH = 500

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new Error(`no request of CloudFormation: ${error instanceof Error ? error.message : String(error)}`)
  }
}
