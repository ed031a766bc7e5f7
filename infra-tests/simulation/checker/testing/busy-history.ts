/** A long history of a cluster without faults: 12 partitions, plain and transactional producers, four consumers. */
import type { History, PolledRecord } from '../history.ts'
import { HistoryRecorder } from '../recorder.ts'

const partitions = Array.from({ length: 12 }, (_, index) => `orders-${index}`)
const consumers = ['c0', 'c1', 'c2', 'c3']

export function busyHistory(operations: number): History {
  const run = new BusyRun()
  while (run.operations < operations) run.round()
  run.finish()
  return run.recorder.history
}

class BusyRun {
  operations = 0
  #nowMs = 0
  readonly recorder = new HistoryRecorder(() => this.#nowMs++)
  readonly #logs = new Map(partitions.map((name) => [name, { records: [] as PolledRecord[], end: 0 }]))
  readonly #positions = new Map<string, number>()
  #round = 0

  /** Every partition gets plain records and one transaction's; then every consumer reads on. */
  round(): void {
    this.#round++
    const transaction = `t:${this.#round}`
    this.#ok('transactional', { name: 'beginTransaction', transaction, timeoutMs: 60_000 })
    for (const partition of partitions) {
      for (let producer = 0; producer < 4; producer++) this.#send(`p${producer}`, partition, undefined)
      this.#send('transactional', partition, transaction)
    }
    this.#ok('transactional', { name: 'commitTransaction', transaction })
    for (const log of this.#logs.values()) log.end++
    for (const consumer of consumers) this.#poll(consumer)
  }

  finish(): void {
    this.recorder.notice('run', { name: 'heal' })
    this.round()
    for (const name of partitions) {
      this.recorder.notice('final', { name: 'seek', partition: name, offset: 0 })
      const { records, end } = this.#log(name)
      this.recorder.ok(this.recorder.invoke('final', { name: 'poll', readCommitted: true }), {
        records: { [name]: records },
      })
      this.recorder.notice('final', { name: 'drained', partition: name, endOffset: end })
    }
  }

  #send(client: string, partition: string, transaction: string | undefined): void {
    const log = this.#log(partition)
    const value = `${client}:${partition}:${log.end}`
    const call = { name: 'send' as const, partition, value, idempotent: true }
    const op = this.recorder.invoke(client, transaction === undefined ? call : { ...call, transaction })
    this.operations++
    log.records.push([log.end, value])
    this.recorder.ok(op, { offset: log.end++ })
  }

  #poll(client: string): void {
    const op = this.recorder.invoke(client, { name: 'poll', readCommitted: true })
    this.operations++
    const records: Record<string, PolledRecord[]> = {}
    for (const name of partitions) {
      const position = `${client} ${name}`
      const log = this.#log(name)
      records[name] = log.records.slice(this.#positions.get(position) ?? 0)
      this.#positions.set(position, log.records.length)
    }
    this.recorder.ok(op, { records })
  }

  #ok(client: string, call: Parameters<HistoryRecorder['invoke']>[1]): void {
    this.recorder.ok(this.recorder.invoke(client, call))
    this.operations++
  }

  #log(name: string): { records: PolledRecord[]; end: number } {
    const log = this.#logs.get(name)
    if (!log) throw new Error(`no log ${name}`)
    return log
  }
}
