/**
 * A member of a share group (KIP-932): acquires records from the leaders of the partitions that it is given, and says
 * what became of them, or forgets to.
 */
import { ErrorCode } from '@freshet/broker/wire'
import { ShareAcknowledgeApi, ShareFetchApi } from '../broker-code.ts'
import type { AcquiredRange, ShareAcknowledgeCall } from '../checker/history.ts'
import type { HistoryRecorder } from '../checker/recorder.ts'
import type { ClientWorld } from './client-world.ts'
import { ClusterClient, ifNoAnswer } from './cluster-client.ts'
import { ShareMembership } from './share-membership.ts'

const SHARE_VERSION = 1
const MAX_WAIT_MS = 300
const RECORDS_MAX = 20
const FETCH_BYTES = 4096

export interface ShareMemberOptions {
  readonly group: string
  readonly topic: string
  /** In which a broker leads a partition, as it is and not as clients know it; -1 if it does not. */
  readonly epochOf: (brokerId: number, partition: number) => number
}

interface Session {
  epoch: number
  /** What it was begun with. */
  readonly partitions: string
}

interface Acquired {
  readonly partition: number
  readonly range: AcquiredRange
}

type Outcome = ShareAcknowledgeCall['outcome']

const TYPES: Readonly<Record<Outcome, number>> = { accept: 1, release: 2, reject: 3 }

export class ShareMember {
  readonly client: ClusterClient
  /** Says "accept" of all that it gets. */
  isDiligent = false
  readonly #history: HistoryRecorder
  readonly #options: ShareMemberOptions
  readonly #membership: ShareMembership
  /** By leader. */
  readonly #sessions = new Map<number, Session>()

  constructor(world: ClientWorld, name: string, history: HistoryRecorder, options: ShareMemberOptions) {
    this.client = new ClusterClient(world, name)
    this.#history = history
    this.#options = options
    this.#membership = new ShareMembership(this.client, options)
    world.spawn(name, this.#membership.run())
    world.spawn(`${name}/work`, this.#run())
  }

  crash(): void {
    this.client.crash()
    this.#history.notice(this.client.name, { name: 'crash' })
  }

  async #run(): Promise<void> {
    const { client } = this
    const { topic } = this.#options
    while (!client.isStopped) {
      const byLeader = Map.groupBy(
        this.#membership.partitions,
        (partition) => client.partition(topic, partition)?.leaderId ?? -1,
      )
      let isFine = byLeader.size > 0
      for (const [leaderId, partitions] of byLeader)
        isFine = leaderId >= 0 && (await this.#fetch(leaderId, partitions)) && isFine
      if (!isFine) await client.refresh([topic])
    }
  }

  /** One request to a leader, and the work that comes of it. Whether all went well. */
  async #fetch(leaderId: number, partitions: readonly number[]): Promise<boolean> {
    const { client } = this
    const { group, topic } = this.#options
    const session = this.#sessionWith(leaderId, partitions)
    const epochs = new Map(partitions.map((each) => [each, this.#options.epochOf(leaderId, each)]))
    const names = partitions.map((each) => `${topic}-${each}`)
    const op = this.#history.invoke(client.name, { name: 'shareFetch', group, partitions: names })
    const wanted = partitions.map((partitionIndex) => ({ partitionIndex, acknowledgementBatches: [] }))
    const answer = await client
      .request(leaderId, ShareFetchApi, SHARE_VERSION, {
        ...this.#who(session),
        maxWaitMs: MAX_WAIT_MS,
        minBytes: 1,
        maxBytes: FETCH_BYTES,
        maxRecords: RECORDS_MAX,
        batchSize: RECORDS_MAX,
        topics: [{ topicId: this.#topicId, partitions: wanted }],
        forgottenTopicsData: [],
      })
      .catch(ifNoAnswer)
    if (client.isStopped) return false
    if (answer?.errorCode !== ErrorCode.NONE) {
      this.#history.info(op, `${answer?.errorCode ?? 'no answer'}`)
      this.#sessions.delete(leaderId)
      return false
    }
    session.epoch++
    const results = answer.responses.flatMap((each) => each.partitions)
    const acquired = results.flatMap(({ partitionIndex: partition, acquiredRecords }) => {
      const now = this.#options.epochOf(leaderId, partition)
      const epoch = epochs.get(partition) === now ? now : -1
      return acquiredRecords.map(({ firstOffset, lastOffset, deliveryCount }): Acquired => {
        return { partition, range: [firstOffset, lastOffset, deliveryCount, epoch] }
      })
    })
    this.#history.ok(op, { acquired: this.#byPartition(acquired) })
    for (const each of acquired) {
      client.world.trace.add(client.name, 'acquires', { partition: each.partition, range: each.range })
      if (!(await this.#settle(leaderId, session, each, answer.acquisitionLockTimeoutMs))) return false
    }
    return results.every(({ errorCode }) => errorCode === ErrorCode.NONE)
  }

  /** Says something of it, or nothing, sometimes when the lock has run out. Whether the session goes on. */
  async #settle(leaderId: number, session: Session, acquired: Acquired, lockMs: number): Promise<boolean> {
    const { client } = this
    const outcome = this.#outcome()
    if (outcome === undefined) return true
    await client.pause(client.dice.chance(0.05) ? lockMs : client.dice.between(0, 20))
    const [first, last] = acquired.range
    const call = this.#call(leaderId, acquired, outcome, lockMs)
    const op = this.#history.invoke(client.name, call)
    const batch = { firstOffset: first, lastOffset: last, acknowledgeTypes: [TYPES[outcome]] }
    const told = [{ partitionIndex: acquired.partition, acknowledgementBatches: [batch] }]
    const answer = await client
      .request(leaderId, ShareAcknowledgeApi, SHARE_VERSION, {
        ...this.#who(session),
        topics: [{ topicId: this.#topicId, partitions: told }],
      })
      .catch(ifNoAnswer)
    if (client.isStopped) return false
    const code = answer?.errorCode || answer?.responses[0]?.partitions[0]?.errorCode
    client.world.trace.add(client.name, outcome, { partition: acquired.partition, first, last, code })
    const isSame = this.#options.epochOf(leaderId, acquired.partition) === call.leaderEpoch
    if (code === ErrorCode.NONE) this.#history.ok(op)
    else if (code === ErrorCode.INVALID_RECORD_STATE)
      this.#history.fail(op, isSame ? 'INVALID_RECORD_STATE' : 'not locked by another leader')
    else this.#history.info(op, `${code ?? 'no answer'}`)
    if (answer?.errorCode === ErrorCode.NONE) session.epoch++
    else this.#sessions.delete(leaderId)
    return answer?.errorCode === ErrorCode.NONE
  }

  #outcome(): Outcome | undefined {
    if (this.isDiligent) return 'accept'
    const draw = this.client.dice.between(1, 100)
    if (draw <= 80) return 'accept'
    if (draw <= 90) return 'release'
    return draw <= 93 ? 'reject' : undefined
  }

  #call(
    leaderId: number,
    { partition, range: [first, last] }: Acquired,
    outcome: Outcome,
    lockMs: number,
  ): ShareAcknowledgeCall {
    const { group, topic, epochOf } = this.#options
    const leaderEpoch = epochOf(leaderId, partition)
    const name = `${topic}-${partition}`
    return { name: 'shareAcknowledge', group, partition: name, first, last, outcome, leaderEpoch, lockMs }
  }

  /** A new one if other partitions are to be read there than before. */
  #sessionWith(leaderId: number, partitions: readonly number[]): Session {
    const known = this.#sessions.get(leaderId)
    if (known?.partitions === partitions.join()) return known
    const session = { epoch: 0, partitions: partitions.join() }
    this.#sessions.set(leaderId, session)
    return session
  }

  #who({ epoch }: Session) {
    return {
      groupId: this.#options.group,
      memberId: this.#membership.memberId,
      shareSessionEpoch: epoch,
    }
  }

  get #topicId(): string {
    const topic = this.client.topics.get(this.#options.topic)
    if (topic === undefined) throw new Error('a leader is known, and the topic is not')
    return topic.topicId
  }

  #byPartition(acquired: readonly Acquired[]): Record<string, AcquiredRange[]> {
    const ranges: Record<string, AcquiredRange[]> = {}
    for (const { partition, range } of acquired) {
      const name = `${this.#options.topic}-${partition}`
      ranges[name] = [...(ranges[name] ?? []), range]
    }
    return ranges
  }
}
