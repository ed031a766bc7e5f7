import type { Documents } from '@freshet/coordination'
import type { ServiceRecord } from '../dns/service-record.ts'
import { errorText, type Logger } from '../log.ts'
import type { LeaderTask } from '../reconcile/leader-tasks.ts'
import type { CallApi } from './api.ts'
import { handle } from './handle.ts'
import { Journal } from './journal.ts'
import type { Message, Queue } from './queue.ts'
import { type Answer, type CustomResourceRequest, formatAnswer, parseRequest } from './request.ts'
import { failed } from './resource.ts'

/**
 * Answers CloudFormation's requests from a queue. A request stays in the queue until its answer has arrived, and is
 * looked at again and again until then: whoever does so goes on where the one before stopped.
 */
export interface CloudFormationOptions {
  readonly queue: Queue
  readonly call: CallApi
  readonly documents: Documents
  readonly hostIds: () => Promise<readonly string[]>
  readonly serviceRecord?: Pick<ServiceRecord, 'keep' | 'giveUp'>
  /** PUT of a body, which throws unless it was taken. */
  readonly put: (url: string, body: string, signal: AbortSignal) => Promise<void>
  readonly now: () => number
  readonly log: Logger
}

export function cloudFormationTask(options: CloudFormationOptions): LeaderTask {
  const { queue, documents, now, log } = options
  const journal = new Journal(documents, now)
  let prunedAtMs = Number.NEGATIVE_INFINITY
  return {
    name: 'cloudformation',
    everyMs: PAUSE_MS,
    async run(signal: AbortSignal): Promise<void> {
      if (now() - prunedAtMs > PRUNE_EVERY_MS) {
        prunedAtMs = now()
        await journal.prune()
      }
      const messages = await queue.receive(signal)
      await Promise.all(
        messages.map(async (message) => {
          try {
            await look(message, journal, options, signal)
          } catch (error) {
            // The message comes back, later each time.
            log.error('custom resource', { error: errorText(error) })
            await queue.postpone(message, Math.min(2 ** message.receiveCount, MAX_BACKOFF_SECONDS))
          }
        }),
      )
    },
  }
}

const PAUSE_MS = 100
const PRUNE_EVERY_MS = 60 * 60 * 1000
const MAX_BACKOFF_SECONDS = 60
/** CloudFormation's own limit, unless the resource says less. */
const DEFAULT_TIMEOUT_SECONDS = 3600
/** Left for the answer. */
const MARGIN_MS = 30_000

async function look(
  message: Message,
  journal: Journal,
  options: CloudFormationOptions,
  signal: AbortSignal,
): Promise<void> {
  const { queue, log, now } = options
  const request = parse(message, log)
  if (request === undefined) return queue.delete(message)
  const { sentAtMs } = message
  const deadlineMs = sentAtMs + timeoutMsOf(request)
  // CloudFormation has given up, and with it the address for the answer.
  if (now() >= deadlineMs) {
    log.error('custom resource: too late', describe(request))
    return queue.delete(message)
  }
  const outcome = await handle(request, { ...options, journal, sentAtMs })
  if (outcome.status !== 'WAITING') return answer(message, request, outcome, journal, options, signal)
  if (now() < deadlineMs - MARGIN_MS) return queue.postpone(message, pauseSeconds(now() - sentAtMs))
  const { reason, physicalResourceId } = outcome
  const late = failed(request, `It took too long: ${reason}`)
  const made = physicalResourceId === undefined ? late : { ...late, physicalResourceId }
  return answer(message, request, made, journal, options, signal)
}

async function answer(
  message: Message,
  request: CustomResourceRequest,
  answer: Answer,
  journal: Journal,
  { queue, put, log }: CloudFormationOptions,
  signal: AbortSignal,
): Promise<void> {
  await journal.answered(request.requestId, answer)
  await put(request.responseUrl, formatAnswer(request, answer), signal)
  await queue.delete(message)
  const { status } = answer
  log.info('custom resource', {
    ...describe(request),
    status,
    ...(answer.status === 'FAILED' && { reason: answer.reason }),
  })
}

/** What is no request can be answered nowhere. */
function parse({ body }: Message, log: Logger): CustomResourceRequest | undefined {
  try {
    return parseRequest(body)
  } catch (error) {
    log.error('custom resource', { error: error instanceof Error ? error.message : String(error) })
    return undefined
  }
}

function timeoutMsOf({ properties }: CustomResourceRequest): number {
  const seconds = Number(properties.ServiceTimeout ?? DEFAULT_TIMEOUT_SECONDS)
  const sound = Number.isInteger(seconds) && seconds > 0 && seconds <= DEFAULT_TIMEOUT_SECONDS
  return (sound ? seconds : DEFAULT_TIMEOUT_SECONDS) * 1000
}

/** Often at first: a serverless cluster is there within seconds. */
function pauseSeconds(ageMs: number): number {
  return ageMs < 60_000 ? 2 : 10
}

function describe({ requestType, resourceType, logicalResourceId, requestId }: CustomResourceRequest) {
  return { requestType, resourceType, logicalResourceId, requestId }
}
