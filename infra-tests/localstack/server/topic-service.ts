/** A service behind an SNS topic, as custom resources have one: it is told by HTTP, and answers at the presigned URL. */
import { createServer, type IncomingMessage } from 'node:http'

export interface CustomRequest {
  readonly RequestType: string
  readonly ResponseURL: string
  readonly StackId: string
  readonly RequestId: string
  readonly LogicalResourceId: string
  readonly ResourceProperties: Readonly<Record<string, string>>
}

export interface TopicService {
  readonly url: string
  /** What came, oldest first. */
  readonly requests: CustomRequest[]
  answer: (request: CustomRequest) => object
  stop(): Promise<void>
}

export async function startTopicService(): Promise<TopicService> {
  const requests: CustomRequest[] = []
  const server = createServer((incoming, response) => {
    void receive(incoming).finally(() => response.end())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('a TCP server has a port')
  const service: TopicService = {
    url: `http://127.0.0.1:${address.port}/`,
    requests,
    answer: () => ({ Status: 'FAILED', PhysicalResourceId: 'none', Reason: 'nobody said what to answer' }),
    stop: () => new Promise((resolve) => server.close(() => resolve())),
  }
  return service

  async function receive(incoming: IncomingMessage): Promise<void> {
    const notification = JSON.parse(await textOf(incoming)) as Notification
    if (notification.Type === 'SubscriptionConfirmation') {
      await fetch(notification.SubscribeURL)
      return
    }
    const request = JSON.parse(notification.Message) as CustomRequest
    requests.push(request)
    const { StackId, RequestId, LogicalResourceId } = request
    const answer = { StackId, RequestId, LogicalResourceId, ...service.answer(request) }
    const { ok, status } = await fetch(request.ResponseURL, { method: 'PUT', body: JSON.stringify(answer) })
    if (!ok) throw new Error(`the answer was refused: ${status}`)
  }
}

type Notification =
  | { readonly Type: 'SubscriptionConfirmation'; readonly SubscribeURL: string }
  | { readonly Type: 'Notification'; readonly Message: string }

async function textOf(incoming: IncomingMessage): Promise<string> {
  incoming.setEncoding('utf8')
  let text = ''
  for await (const chunk of incoming) text += chunk
  return text
}
