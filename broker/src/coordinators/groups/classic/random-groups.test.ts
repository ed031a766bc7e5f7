/** Many clients at random: whatever they do, the group keeps its promises, and the log knows all of it. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ErrorCode } from '../../../wire/index.ts'
import type { JoinGroupResponse, SyncGroupResponse } from '../bodies.ts'
import { type Call, Driver, subscription } from '../test-driver.ts'

const groupIds = ['g0', 'g1']
const topics = ['t0', 't1', 't2']
const protocolChoices = [['range', 'sticky'], ['sticky', 'range'], ['range']]
const config = {
  groupMaxSize: 6,
  groupInitialRebalanceDelayMs: 1_000,
  offsetsRetentionMs: 60_000,
  offsetsRetentionCheckIntervalMs: 10_000,
}

const choice = fc.nat({ max: 11 })
const action = fc.oneof(
  { weight: 3, arbitrary: fc.record({ do: fc.constant('start' as const), choice }) },
  { weight: 12, arbitrary: fc.record({ do: fc.constant('step' as const), choice }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('stepAll' as const), choice }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('commit' as const), choice }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('crash' as const), choice }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('restart' as const), choice }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('leave' as const), choice }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('changeTopics' as const), choice }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('deleteTopic' as const), choice }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('deleteGroup' as const), choice }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('reload' as const), choice }) },
  { weight: 6, arbitrary: fc.record({ do: fc.constant('advance' as const), choice }) },
)

interface Client {
  readonly groupId: string
  readonly instance: string | null
  readonly protocols: readonly string[]
  topic: string
  memberId: string
  /** Which of the groups that had this id, one after the other, it joined, and after which loading. */
  life: string
  load: number
  generation: number
  joining: Call<JoinGroupResponse> | undefined
  syncing: Call<SyncGroupResponse> | undefined
  isMember: boolean
}

class World {
  driver = new Driver(config)
  clients: Client[] = []
  /** How often a member got the assignment of a generation that another one has. */
  sharedGenerations = 0
  private readonly calls: Call<unknown>[] = []
  private assignments = 0
  /** The protocol of each generation, and the one assignment that its members got. */
  private readonly protocols = new Map<string, string | null>()
  private readonly assigned = new Map<string, string>()
  private readonly lives = new Map<string, number>()
  private loads = 0

  start(choice: number): void {
    this.clients.push({
      groupId: groupIds[choice % 2] ?? '',
      instance: choice % 3 === 0 ? `i${choice}` : null,
      protocols: protocolChoices[choice % 3] ?? [],
      topic: topics[choice % 3] ?? '',
      memberId: '',
      life: '',
      load: 0,
      generation: -1,
      joining: undefined,
      syncing: undefined,
      isMember: false,
    })
  }

  /** What a client does next: it looks at the answer that it waits for, or says that it is alive. */
  step(client: Client): void {
    if (client.joining) this.afterJoin(client, client.joining.response)
    else if (client.syncing) this.afterSync(client, client.syncing.response)
    else if (client.isMember) this.heartbeat(client)
    else this.join(client)
  }

  commit(client: Client, offset: number): void {
    const { groupId, memberId, generation, instance: groupInstanceId, topic } = client
    this.driver.commit({ groupId, memberId, generation, groupInstanceId, offsets: { [topic]: offset } })
  }

  changeTopics(client: Client, topic: string): void {
    client.topic = topic
    if (client.isMember) this.join(client)
  }

  leave(client: Client): void {
    const { instance, memberId, groupId } = client
    this.driver.leave([instance === null ? memberId : { instance, memberId }], groupId)
  }

  /** The coordinator moves: everybody who waits is sent away, and the log is all that is left. */
  reload(): void {
    this.driver.abandon()
    this.driver = this.driver.reloaded()
    this.loads++
  }

  countLives(): void {
    for (const groupId of groupIds) {
      if (this.driver.describe(groupId).groupState !== 'Dead') continue
      this.lives.set(groupId, (this.lives.get(groupId) ?? 0) + 1)
    }
  }

  expectReplayed(): void {
    // Static members that miss a rebalance may make a group bigger than group.max.size, which loading would
    // correct.
    const replayed = this.driver.reloaded({ ...config, groupMaxSize: 100 })
    for (const groupId of groupIds) {
      expect(replayed.committed(groupId)).toEqual(this.driver.committed(groupId))
      const described = this.driver.describe(groupId)
      const { groupState, protocolType } = described
      const isSettled = groupState === 'Stable' || (groupState === 'Empty' && protocolType !== '')
      if (isSettled || groupState === 'Dead') expect(replayed.describe(groupId)).toEqual(described)
      for (const { memberId } of described.groupState === 'Stable' ? described.members : []) {
        const generation = this.clients.find((client) => client.memberId === memberId)?.generation ?? -1
        const codes = [this.driver, replayed].map((each) =>
          each.heartbeat(memberId, generation, null, groupId),
        )
        expect(codes[0]).toBe(codes[1])
      }
    }
  }

  expectAllAnswered(): void {
    expect(this.calls.filter(({ response }) => response === undefined)).toEqual([])
  }

  private join(client: Client): void {
    const { groupId, memberId, instance: groupInstanceId, protocols, topic } = client
    const metadata = subscription(topic)
    client.isMember = false
    client.syncing = undefined
    client.life = `${groupId} ${this.lives.get(groupId) ?? 0}`
    client.load = this.loads
    client.joining = this.driver.join({
      groupId,
      memberId,
      groupInstanceId,
      sessionTimeoutMs: 6_000 + 1_000 * topic.charCodeAt(1),
      rebalanceTimeoutMs: 20_000,
      protocols: protocols.map((name) => ({ name, metadata })),
    })
    this.calls.push(client.joining)
  }

  private afterJoin(client: Client, response: JoinGroupResponse | undefined): void {
    if (!response) return
    client.joining = undefined
    if (response.errorCode !== 0) {
      const isIdGood = response.errorCode === ErrorCode.MEMBER_ID_REQUIRED
      const isIdKept = response.errorCode === ErrorCode.REBALANCE_IN_PROGRESS
      client.memberId = isIdGood || isIdKept ? response.memberId : ''
      return
    }
    client.memberId = response.memberId
    client.generation = response.generationId ?? -1
    const key = `${client.life} ${client.generation} ${client.load}`
    expect(this.protocols.get(key) ?? response.protocolName).toBe(response.protocolName)
    this.protocols.set(key, response.protocolName)
    this.sync(client, response)
  }

  private sync(client: Client, { members, leader, skipAssignment }: JoinGroupResponse): void {
    const { groupId, memberId, generation, instance: groupInstanceId } = client
    const assignment = `assignment ${++this.assignments}`
    const assigns = leader === memberId && !skipAssignment
    const assigned = assigns ? Object.fromEntries(members.map((member) => [member.memberId, assignment])) : {}
    client.syncing = this.driver.sync(
      { groupId, memberId, generationId: generation, groupInstanceId },
      assigned,
    )
    this.calls.push(client.syncing)
  }

  private afterSync(client: Client, response: SyncGroupResponse | undefined): void {
    if (!response) return
    client.syncing = undefined
    if (response.errorCode !== 0) {
      this.refused(client, response.errorCode)
      return
    }
    client.isMember = true
    const key = `${client.life} ${client.generation}`
    const assignment = response.assignment.toString()
    expect(assignment).not.toBe('')
    const known = this.assigned.get(key)
    expect(known ?? assignment).toBe(assignment)
    if (known) this.sharedGenerations++
    this.assigned.set(key, assignment)
  }

  private heartbeat(client: Client): void {
    const { groupId, memberId, generation, instance } = client
    const errorCode = this.driver.heartbeat(memberId, generation, instance, groupId) ?? -1
    if (errorCode !== 0) this.refused(client, errorCode)
  }

  private refused(client: Client, errorCode: number): void {
    if (errorCode !== ErrorCode.REBALANCE_IN_PROGRESS) client.memberId = ''
    this.join(client)
  }
}

function perform(
  world: World,
  what: typeof action extends fc.Arbitrary<infer Action> ? Action : never,
): void {
  const client = world.clients[what.choice % Math.max(world.clients.length, 1)]
  const forget = () => {
    world.clients = world.clients.filter((each) => each !== client)
  }
  if (what.do === 'start') world.start(what.choice)
  else if (what.do === 'advance')
    world.driver.advance([0, 10, 500, 1_000, 3_000, 9_000][what.choice % 6] ?? 0)
  else if (what.do === 'deleteTopic') world.driver.topicsDeleted(topics[what.choice % 3] ?? '')
  else if (what.do === 'deleteGroup') world.driver.deleteGroups(groupIds[what.choice % 2] ?? '')
  else if (what.do === 'reload') world.reload()
  else if (what.do === 'stepAll') for (const each of world.clients) world.step(each)
  else if (!client) return
  else if (what.do === 'step') world.step(client)
  else if (what.do === 'commit') world.commit(client, what.choice)
  else if (what.do === 'changeTopics') world.changeTopics(client, topics[what.choice % 3] ?? '')
  else if (what.do === 'leave') world.leave(client)
  if (what.do === 'leave' || what.do === 'crash') forget()
  if (what.do === 'restart' && client)
    Object.assign(client, { memberId: '', joining: undefined, syncing: undefined, isMember: false })
}

test('groups keep their promises under random clients', () => {
  let sharedGenerations = 0
  fc.assert(
    fc.property(fc.array(action, { minLength: 20, maxLength: 400, size: 'max' }), (actions) => {
      const world = new World()
      for (const what of actions) {
        perform(world, what)
        world.countLives()
        if (what.do === 'reload' || what.choice === 0) world.expectReplayed()
      }
      world.expectReplayed()
      sharedGenerations += world.sharedGenerations
      world.driver.advance(3_600_000)
      world.expectAllAnswered()
      world.expectReplayed()
    }),
    { numRuns: 200, seed: 20_240_601, interruptAfterTimeLimit: 60_000, markInterruptAsFailure: true },
  )
  // The run means something only if members shared generations in it.
  expect(sharedGenerations).toBeGreaterThan(500)
})
