/** The clients of the reference cluster; each does a random next thing when it is its turn. */
import type { ReferenceCluster } from './reference-cluster.ts'
import { group, Refused } from './reference-cluster.ts'
import type { ReferenceLog } from './reference-log.ts'

export interface ReferenceClient {
  turn(): void
  /** Something that has to succeed, now that all is well. */
  proveLife(): void
}

export class Producer implements ReferenceClient {
  readonly #cluster: ReferenceCluster
  readonly #name: string
  readonly #idempotent: boolean
  #life = 0
  #sent = 0

  constructor(cluster: ReferenceCluster, name: string, idempotent: boolean) {
    this.#cluster = cluster
    this.#name = name
    this.#idempotent = idempotent
  }

  turn(): void {
    const { random, recorder } = this.#cluster
    if (random.chance(0.01)) {
      recorder.notice(this.#name, { name: 'crash' })
      this.#life++
    } else this.#send(random.pick(this.#cluster.logs))
  }

  proveLife(): void {
    this.#send(this.#cluster.log('orders-0'))
  }

  #send(log: ReferenceLog): void {
    const { random } = this.#cluster
    const value = `${this.#name}/${this.#sent++}`
    const key = log.name === 'compacted-0' ? `key ${random.below(4)}` : undefined
    const call = { name: 'send' as const, partition: log.name, value, idempotent: this.#idempotent }
    const again = !this.#idempotent && random.chance(0.1)
    const effect = () => {
      if (again) log.append(value, key, undefined)
      return { offset: log.append(value, key, undefined) }
    }
    const lane = this.#idempotent ? `${this.#name} ${this.#life} ${log.name}` : undefined
    this.#cluster.begin(this.#name, key === undefined ? call : { ...call, key }, effect, lane)
  }
}

/** Reads one partition and writes to others, in transactions; dies now and then. */
export class Processor implements ReferenceClient {
  readonly #cluster: ReferenceCluster
  readonly #name: string
  readonly #input: ReferenceLog
  #transaction: string | undefined
  #touched = new Set<ReferenceLog>()
  #position = 0
  #startPosition = 0
  #offsetSent: number | undefined
  #count = 0

  constructor(cluster: ReferenceCluster, name: string, input: string) {
    this.#cluster = cluster
    this.#name = name
    this.#input = cluster.log(input)
  }

  turn(): void {
    if (this.#cluster.isBusy(this.#sendLane) || this.#cluster.isBusy(this.#markerLane)) return
    const transaction = this.#transaction
    if (transaction === undefined) this.#begin()
    else if (this.#cluster.random.chance(0.02)) this.#die(transaction)
    else if (this.#cluster.random.chance(0.3)) this.#end(transaction)
    else if (this.#cluster.random.chance(0.4)) this.#poll(transaction)
    else this.#send(transaction)
  }

  /** What is open is aborted, as by its timeout. */
  proveLife(): void {
    if (this.#transaction !== undefined) this.#die(this.#transaction)
    this.#cluster.settle()
    this.#begin()
    this.#send(this.#transaction ?? '')
    this.#cluster.settle()
    this.#finish(this.#transaction ?? '', 'commitTransaction', 'ok')
  }

  get #sendLane(): string {
    return `${this.#name} sends`
  }

  get #markerLane(): string {
    return `${this.#name} markers`
  }

  #begin(): void {
    const transaction = `${this.#name}:${this.#count++}`
    this.#transaction = transaction
    this.#touched = new Set()
    this.#startPosition = this.#position
    this.#offsetSent = undefined
    this.#cluster.now(this.#name, { name: 'beginTransaction', transaction, timeoutMs: 60_000 })
  }

  #poll(transaction: string): void {
    const { random } = this.#cluster
    const records = this.#input.read(this.#position, true, 1 + random.below(5))
    this.#cluster.now(
      this.#name,
      { name: 'poll', readCommitted: true, transaction },
      { records: { [this.#input.name]: records } },
    )
    const last = records.at(-1)
    if (!last) return
    this.#position = last[0] + 1
    this.#offsetSent = this.#position
    this.#cluster.now(this.#name, {
      name: 'commitOffsets',
      group: `${group} of ${this.#name}`,
      offsets: { [this.#input.name]: this.#position },
      transaction,
    })
  }

  #send(transaction: string): void {
    const log = this.#cluster.random.pick(this.#cluster.logs.filter(({ name }) => name.startsWith('orders')))
    const value = `${transaction}/${this.#cluster.nowMs}/${this.#cluster.recorder.history.length}`
    this.#touched.add(log)
    this.#cluster.begin(
      this.#name,
      { name: 'send', partition: log.name, value, transaction },
      () => ({ offset: log.append(value, undefined, transaction) }),
      this.#sendLane,
    )
  }

  #end(transaction: string): void {
    const { random } = this.#cluster
    if (random.chance(0.3)) this.#finish(transaction, 'abortTransaction', 'ok')
    else this.#finish(transaction, 'commitTransaction', random.pick(['ok', 'ok', 'ok', 'unknown', 'undone']))
  }

  #finish(
    transaction: string,
    name: 'commitTransaction' | 'abortTransaction',
    fate: 'ok' | 'unknown' | 'undone',
  ): void {
    const { recorder, committed } = this.#cluster
    const op = recorder.invoke(this.#name, { name, transaction })
    const commits = name === 'commitTransaction' && fate !== 'undone'
    if (commits && this.#offsetSent !== undefined) committed.set(this.#name, this.#offsetSent)
    this.#writeMarkers(transaction, commits)
    if (fate === 'ok') recorder.ok(op)
    else recorder.info(op, 'REQUEST_TIMED_OUT')
    if (!commits) this.#rewind()
    this.#transaction = undefined
  }

  #die(transaction: string): void {
    this.#cluster.recorder.notice(this.#name, { name: 'crash' })
    this.#cluster.drop(this.#sendLane)
    this.#writeMarkers(transaction, false)
    this.#rewind()
    this.#transaction = undefined
  }

  #rewind(): void {
    this.#position = this.#startPosition
    this.#cluster.recorder.notice(this.#name, {
      name: 'seek',
      partition: this.#input.name,
      offset: this.#position,
    })
  }

  #writeMarkers(transaction: string, committed: boolean): void {
    for (const log of this.#touched)
      this.#cluster.enqueue(this.#markerLane, () => log.endTransaction(transaction, committed))
  }
}

/** The members of a group: eager rebalances, commits that may come too late, deaths. */
export class Members implements ReferenceClient {
  readonly #cluster: ReferenceCluster
  readonly #positions = new Map<string, Map<string, number>>()
  readonly #names: readonly string[]

  constructor(cluster: ReferenceCluster, names: readonly string[]) {
    this.#cluster = cluster
    this.#names = names
  }

  turn(): void {
    const { random } = this.#cluster
    const member = random.pick(this.#names)
    if (random.chance(0.03)) this.#rebalance()
    else if (random.chance(0.02)) this.#die(member)
    else if (random.chance(0.3)) this.#commit(member)
    else this.#poll(member)
  }

  proveLife(): void {
    this.#rebalance()
    for (const member of this.#names) this.#poll(member)
    const { committed } = this.#cluster
    const offsets = Object.fromEntries(
      this.#cluster.logs.map(({ name }) => [name, committed.get(name) ?? -1]),
    )
    this.#cluster.now('admin', { name: 'fetchOffsets', group, partitions: Object.keys(offsets) }, { offsets })
  }

  #rebalance(): void {
    const { recorder, random, committed, logs } = this.#cluster
    this.#cluster.generation++
    for (const [member, owned] of this.#positions)
      recorder.notice(member, { name: 'revoked', partitions: [...owned.keys()] })
    this.#positions.clear()
    const owners = logs.map(() => random.pick(this.#names))
    for (const member of this.#names) {
      const owned = logs.filter((_log, index) => owners[index] === member)
      const partitions = Object.fromEntries(owned.map(({ name }) => [name, committed.get(name) ?? -1]))
      recorder.notice(member, { name: 'assigned', group, generation: this.#cluster.generation, partitions })
      this.#positions.set(member, new Map(owned.map(({ name }) => [name, committed.get(name) ?? 0])))
    }
  }

  #die(member: string): void {
    this.#positions.delete(member)
    this.#cluster.recorder.notice(member, { name: 'crash' })
  }

  #commit(member: string): void {
    const positions = this.#positions.get(member)
    if (!positions || positions.size === 0) return
    const offsets = Object.fromEntries(positions)
    const { generation } = this.#cluster
    const effect = () => {
      if (generation !== this.#cluster.generation) throw new Refused('ILLEGAL_GENERATION')
      for (const [partition, offset] of Object.entries(offsets))
        this.#cluster.committed.set(partition, offset)
      return {}
    }
    this.#cluster.begin(member, { name: 'commitOffsets', group, offsets, generation }, effect)
  }

  #poll(member: string): void {
    const { recorder, random } = this.#cluster
    const records: Record<string, ReturnType<ReferenceLog['read']>> = {}
    for (const [partition, position] of this.#positions.get(member) ?? []) {
      const log = this.#cluster.log(partition)
      const from = Math.max(position, log.logStartOffset)
      if (from > position) recorder.notice(member, { name: 'seek', partition, offset: from })
      const read = log.read(from, true, random.below(8))
      this.#positions.get(member)?.set(partition, (read.at(-1)?.[0] ?? from - 1) + 1)
      if (read.length > 0) records[partition] = read
    }
    this.#cluster.now(member, { name: 'poll', readCommitted: true }, { records })
  }
}

/** Reads one partition at read_uncommitted, seeks about and asks for watermarks. */
export class Wanderer implements ReferenceClient {
  readonly #cluster: ReferenceCluster
  readonly #name: string
  readonly #log: ReferenceLog
  #position = 0

  constructor(cluster: ReferenceCluster, name: string, partition: string) {
    this.#cluster = cluster
    this.#name = name
    this.#log = cluster.log(partition)
    this.#seek(0)
  }

  turn(): void {
    const { random } = this.#cluster
    const call = { name: 'listOffsets' as const, partition: this.#log.name }
    const choice = random.below(10)
    if (choice === 0) this.#seek(random.below(this.#log.highWatermark + 1))
    else if (choice === 1) this.#cluster.begin(this.#name, call, () => ({ watermarks: this.#log.watermarks }))
    else this.proveLife()
  }

  proveLife(): void {
    const records = this.#log.read(this.#position, false, 1 + this.#cluster.random.below(10))
    this.#position = (records.at(-1)?.[0] ?? this.#position - 1) + 1
    const answer = { records: { [this.#log.name]: records } }
    this.#cluster.now(this.#name, { name: 'poll', readCommitted: false }, answer)
  }

  #seek(offset: number): void {
    this.#position = offset
    this.#cluster.recorder.notice(this.#name, { name: 'seek', partition: this.#log.name, offset })
  }
}
