/** A thread of a Kafka Streams process as it should be: it runs what it is given and gives back what it has to. */
import type { StreamsGroupHeartbeatRequest, StreamsGroupHeartbeatResponse } from '../bodies.ts'
import type { Driver } from '../test-driver.ts'
import type { Status, TopicInfo, Topology } from './topology.ts'

export const topic = (name: string, partitions = 0): TopicInfo => ({
  name,
  partitions,
  replicationFactor: 0,
  topicConfigs: [],
})

/** Reads `lines`, regroups into `group-repartition`, and counts into a store. */
export const wordCount: Topology = {
  epoch: 0,
  subtopologies: [
    {
      subtopologyId: '0',
      sourceTopics: ['lines'],
      sourceTopicRegex: [],
      stateChangelogTopics: [],
      repartitionSinkTopics: ['group-repartition'],
      repartitionSourceTopics: [],
      copartitionGroups: [],
    },
    {
      subtopologyId: '1',
      sourceTopics: [],
      sourceTopicRegex: [],
      stateChangelogTopics: [topic('group-changelog')],
      repartitionSinkTopics: [],
      repartitionSourceTopics: [topic('group-repartition')],
      copartitionGroups: [],
    },
  ],
}

type Request = StreamsGroupHeartbeatRequest
const roles = ['activeTasks', 'standbyTasks', 'warmupTasks'] as const

export class TestStreamsClient {
  readonly driver: Driver
  readonly memberId: string
  readonly processId: string
  readonly fields: Partial<Request>
  epoch = 0
  status: readonly Status[] = []
  /** `role subtopology_partition`. */
  running: readonly string[] = []
  last: StreamsGroupHeartbeatResponse | undefined
  private pending: readonly string[] | undefined

  constructor(driver: Driver, memberId: string, processId = memberId, fields: Partial<Request> = {}) {
    this.driver = driver
    this.memberId = memberId
    this.processId = processId
    this.fields = fields
  }

  /** Returns the error code. */
  join(topology: Topology = wordCount): number {
    this.epoch = 0
    this.running = []
    const { processId } = this
    const nothing = { activeTasks: [], standbyTasks: [], warmupTasks: [] }
    return this.send({ rebalanceTimeoutMs: 60_000, topology: toRequest(topology), processId, ...nothing })
  }

  beat(): number {
    const news = this.pending
    this.pending = undefined
    if (!news) return this.send({})
    this.running = news
    return this.send(asFields(news))
  }

  send(fields: Partial<Request>): number {
    const { memberId, epoch } = this
    const { response } = this.driver.streamsHeartbeat({
      memberId,
      memberEpoch: epoch,
      ...this.fields,
      ...fields,
    })
    this.last = response
    if (response.errorCode !== 0) return response.errorCode
    this.epoch = response.memberEpoch
    this.status = response.status ?? []
    if (response.activeTasks) {
      const given = roles.flatMap((role) =>
        (response[role] ?? []).flatMap(({ subtopologyId, partitions }) =>
          partitions.map((partition) => `${role.replace('Tasks', '')} ${subtopologyId}_${partition}`),
        ),
      )
      this.running = this.running.filter((each) => given.includes(each))
      this.pending = given
    }
    return 0
  }
}

export function settleAll(clients: readonly TestStreamsClient[], rounds = 8): void {
  for (let round = 0; round < rounds; round++) {
    clients[0]?.driver.advance(1_000)
    for (const client of clients) client.beat()
  }
}

function toRequest({ epoch, subtopologies }: Topology): NonNullable<Request['topology']> {
  const copy: NonNullable<Request['topology']> = JSON.parse(JSON.stringify({ epoch, subtopologies }))
  return copy
}

function asFields(running: readonly string[]) {
  const of = (wanted: string) => {
    const byId = new Map<string, number[]>()
    for (const each of running) {
      const [role, task = ''] = each.split(' ')
      const [id = '', partition] = task.split('_')
      if (role === wanted) byId.set(id, [...(byId.get(id) ?? []), Number(partition)])
    }
    return [...byId].map(([subtopologyId, partitions]) => ({ subtopologyId, partitions }))
  }
  return { activeTasks: of('active'), standbyTasks: of('standby'), warmupTasks: of('warmup') }
}
