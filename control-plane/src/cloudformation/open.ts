import {
  ChangeMessageVisibilityCommand,
  DeleteMessageCommand,
  type MessageSystemAttributeName,
  ReceiveMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs'
import { limitedCalls } from '../aws-calls.ts'
import type { Message, Queue } from './queue.ts'
import { type CloudFormationOptions, cloudFormationTask } from './task.ts'

/** The task over Amazon SQS; loaded only where a queue is among the settings. */
export function openCloudFormationTask(
  queueUrl: string,
  region: string,
  options: Omit<CloudFormationOptions, 'queue' | 'put'>,
) {
  return cloudFormationTask({ ...options, queue: openQueue(queueUrl, region), put: putAnswer })
}

const WAIT_SECONDS = 20
const RECEIVE_TIMEOUT_MS = (WAIT_SECONDS + 10) * 1000
/** A look takes far less; until it has ended nobody else is to take it. */
const VISIBILITY_SECONDS = 60
const PUT_TIMEOUT_MS = 10_000
const ATTRIBUTES: MessageSystemAttributeName[] = ['SentTimestamp', 'ApproximateReceiveCount']

function openQueue(QueueUrl: string, region: string): Queue {
  const client = new SQSClient({ region, ...limitedCalls(RECEIVE_TIMEOUT_MS) })
  return {
    async receive(abortSignal) {
      const command = new ReceiveMessageCommand({
        QueueUrl,
        MaxNumberOfMessages: 10,
        WaitTimeSeconds: WAIT_SECONDS,
        VisibilityTimeout: VISIBILITY_SECONDS,
        MessageSystemAttributeNames: ATTRIBUTES,
      })
      try {
        const { Messages = [] } = await client.send(command, { abortSignal })
        return Messages.map(({ Body = '', ReceiptHandle = '', Attributes = {} }) => ({
          body: Body,
          receiptHandle: ReceiptHandle,
          receiveCount: Number(Attributes.ApproximateReceiveCount ?? 1),
          sentAtMs: Number(Attributes.SentTimestamp),
        }))
      } catch (error) {
        if (abortSignal.aborted) return []
        throw error
      }
    },
    async postpone({ receiptHandle }: Message, seconds) {
      await client.send(
        new ChangeMessageVisibilityCommand({
          QueueUrl,
          ReceiptHandle: receiptHandle,
          VisibilityTimeout: seconds,
        }),
      )
    },
    async delete({ receiptHandle }: Message) {
      await client.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle: receiptHandle }))
    },
  }
}

/** The address is signed for a request without a content type, which a body of bytes does not bring. */
async function putAnswer(url: string, body: string, signal: AbortSignal): Promise<void> {
  const response = await fetch(url, {
    method: 'PUT',
    body: new TextEncoder().encode(body),
    signal: AbortSignal.any([signal, AbortSignal.timeout(PUT_TIMEOUT_MS)]),
  })
  if (!response.ok)
    throw new Error(`CloudFormation's answer: HTTP ${response.status} ${await response.text()}`)
}
