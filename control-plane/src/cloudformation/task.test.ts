import { expect, it } from 'vitest'
import { createCustomResources } from '../testing/custom-resources.ts'
import { NOW, silentLog } from '../testing/fixtures.ts'
import { internalCalls } from './api.ts'
import type { Message } from './queue.ts'
import { cloudFormationTask } from './task.ts'

const SIGNAL = new AbortController().signal
const PROPERTIES = {
  ClusterName: 'events',
  VpcConfigs: [{ SubnetIds: ['subnet-a', 'subnet-b'] }],
}

/** A queue that shows its messages whenever it is asked, and a CloudFormation that takes answers. */
function createWorld() {
  const resources = createCustomResources()
  const { app, documents } = resources
  const queued = new Map<string, Message>()
  const postponed: number[] = []
  const answers: { url: string; answer: Record<string, unknown> }[] = []
  const world = { nowMs: NOW, putFails: false }
  const options = {
    queue: {
      receive: async () => [...queued.values()],
      async postpone(_message: Message, seconds: number) {
        postponed.push(seconds)
      },
      async delete({ receiptHandle }: Message) {
        queued.delete(receiptHandle)
      },
    },
    call: internalCalls({
      region: 'us-east-1',
      now: () => NOW,
      fetch: (request, bindings) => app.fetch(request, bindings),
    }),
    documents,
    hostIds: async () => [],
    async put(url: string, body: string) {
      if (world.putFails) throw new Error('connection reset')
      answers.push({ url, answer: JSON.parse(body) })
    },
    now: () => world.nowMs,
    log: silentLog,
  }
  const enqueue = (body: string, receiveCount = 1) =>
    queued.set(body, { body, receiptHandle: body, receiveCount, sentAtMs: NOW })
  const create = (properties: object = {}) =>
    JSON.stringify({
      RequestType: 'Create',
      RequestId: 'r-1',
      StackId: 'arn:stack',
      LogicalResourceId: 'Events',
      ResourceType: 'Custom::FreshetServerlessCluster',
      ResponseURL: 'https://cloudformation.example/answer',
      ResourceProperties: { ...PROPERTIES, ...properties },
    })
  /** Any control plane may look next. */
  const look = () => cloudFormationTask(options).run(SIGNAL)
  return { ...resources, world, queued, postponed, answers, enqueue, create, look }
}

it('keeps a request in the queue until it is answered', async () => {
  const { enqueue, create, look, queued, postponed, answers, activate } = createWorld()
  enqueue(create())
  await look()
  expect([queued.size, postponed, answers]).toEqual([1, [2], []])
  const { clusterArn } = await activate('events')
  await look()
  expect(queued.size).toBe(0)
  expect(answers).toEqual([
    {
      url: 'https://cloudformation.example/answer',
      answer: expect.objectContaining({
        Status: 'SUCCESS',
        PhysicalResourceId: clusterArn,
        Data: expect.objectContaining({ BootstrapBrokerString: expect.stringContaining(':19092') }),
      }),
    },
  ])
})

it('gives the same answer again when a request comes again, and does nothing for it', async () => {
  const { enqueue, create, look, answers, activate, forget, clusters } = createWorld()
  enqueue(create())
  await look()
  await activate('events')
  await look()
  await forget('events')
  enqueue(create())
  await look()
  expect(answers[1]).toEqual(answers[0])
  expect(await clusters.get('events')).toBeUndefined()
})

it('answers again when CloudFormation was not reached, later each time', async () => {
  const { enqueue, create, look, world, queued, postponed, answers } = createWorld()
  world.putFails = true
  enqueue(create({ VpcConfigs: [] }), 3)
  await look()
  expect([queued.size, postponed]).toEqual([1, [8]])
  world.putFails = false
  await look()
  expect([queued.size, answers[0]?.answer.Status]).toEqual([0, 'FAILED'])
})

it('gives up in time, and says what it made', async () => {
  const { enqueue, create, look, world, answers, clusters } = createWorld()
  enqueue(create({ ServiceTimeout: '600' }))
  await look()
  world.nowMs += 575_000
  await look()
  const { clusterArn } = (await clusters.get('events'))!
  expect(answers[0]?.answer).toMatchObject({ Status: 'FAILED', PhysicalResourceId: clusterArn })
  expect(answers[0]?.answer.Reason).toContain('CREATING')
})

it('drops what is no request, and what nobody waits for any more', async () => {
  const { enqueue, create, look, world, queued, answers, clusters } = createWorld()
  enqueue('hello')
  await look()
  expect(queued.size).toBe(0)
  world.nowMs += 3_600_000
  enqueue(create())
  await look()
  expect([queued.size, answers.length, await clusters.get('events')]).toEqual([0, 0, undefined])
})
