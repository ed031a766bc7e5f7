/** Writes short histories by hand: every line of a test is an operation from invocation to completion. */
import { check, isViolation } from '../check.ts'
import type { Answer, Call, PolledRecord, SendCall, Watermarks } from '../history.ts'
import { HistoryRecorder } from '../recorder.ts'
import type { CheckOptions, Verdict } from '../verdict.ts'

export type SendOptions = Pick<SendCall, 'key' | 'tombstone' | 'idempotent' | 'acks' | 'transaction'>

export class Script {
  nowMs = 0
  readonly recorder = new HistoryRecorder(() => this.nowMs++)

  send(client: string, partition: string, value: string, offset: number, options: SendOptions = {}): this {
    this.recorder.ok(this.sending(client, partition, value, options), { offset })
    return this
  }

  /** Leaves it pending. */
  sending(client: string, partition: string, value: string, options: SendOptions = {}): number {
    return this.recorder.invoke(client, { name: 'send', partition, value, idempotent: true, ...options })
  }

  sendUnknown(client: string, partition: string, value: string, options: SendOptions = {}): this {
    this.recorder.info(this.sending(client, partition, value, options), 'REQUEST_TIMED_OUT')
    return this
  }

  sendFailed(client: string, partition: string, value: string, options: SendOptions = {}): this {
    this.recorder.fail(this.sending(client, partition, value, options), 'NOT_ENOUGH_REPLICAS')
    return this
  }

  /** At read_committed. */
  poll(client: string, partition: string, records: readonly PolledRecord[], transaction?: string): this {
    const call: Call = {
      name: 'poll',
      readCommitted: true,
      ...(transaction === undefined ? {} : { transaction }),
    }
    return this.done(client, call, { records: { [partition]: records } })
  }

  pollUncommitted(client: string, partition: string, records: readonly PolledRecord[]): this {
    return this.done(client, { name: 'poll', readCommitted: false }, { records: { [partition]: records } })
  }

  begin(client: string, transaction: string, timeoutMs = 60_000): this {
    return this.done(client, { name: 'beginTransaction', transaction, timeoutMs })
  }

  commit(client: string, transaction: string): this {
    return this.done(client, { name: 'commitTransaction', transaction })
  }

  commitUnknown(client: string, transaction: string): this {
    this.recorder.info(this.recorder.invoke(client, { name: 'commitTransaction', transaction }), 'timeout')
    return this
  }

  abort(client: string, transaction: string): this {
    return this.done(client, { name: 'abortTransaction', transaction })
  }

  commitOffset(client: string, offset: number, generation?: number): this {
    const call: Call = { name: 'commitOffsets', group: 'g', offsets: { 'orders-0': offset } }
    return this.done(client, generation === undefined ? call : { ...call, generation })
  }

  fetchOffset(client: string, offset: number): this {
    const call: Call = { name: 'fetchOffsets', group: 'g', partitions: ['orders-0'] }
    return this.done(client, call, { offsets: { 'orders-0': offset } })
  }

  listOffsets(client: string, partition: string, watermarks: Watermarks): this {
    return this.done(client, { name: 'listOffsets', partition }, { watermarks })
  }

  assigned(client: string, generation: number, partitions: Record<string, number | null>): this {
    this.recorder.notice(client, { name: 'assigned', group: 'g', generation, partitions })
    return this
  }

  revoked(client: string, ...partitions: string[]): this {
    this.recorder.notice(client, { name: 'revoked', partitions })
    return this
  }

  seek(client: string, partition: string, offset: number): this {
    this.recorder.notice(client, { name: 'seek', partition, offset })
    return this
  }

  crash(client: string): this {
    this.recorder.notice(client, { name: 'crash' })
    return this
  }

  heal(): this {
    this.recorder.notice('run', { name: 'heal' })
    return this
  }

  topic(
    topic: string,
    allowed: { compacted?: boolean; forgetsTombstones?: boolean; trimmed?: boolean; retentionMs?: number },
  ): this {
    this.recorder.notice('run', { name: 'topic', topic, ...allowed })
    return this
  }

  /** The final reading, from the beginning. */
  drain(partition: string, records: readonly PolledRecord[], endOffset?: number): this {
    this.seek('final', partition, 0).poll('final', partition, records)
    return this.drained('final', partition, endOffset ?? (records.at(-1)?.[0] ?? -1) + 1)
  }

  drained(client: string, partition: string, endOffset: number): this {
    this.recorder.notice(client, { name: 'drained', partition, endOffset })
    return this
  }

  later(milliseconds: number): this {
    this.nowMs += milliseconds
    return this
  }

  done(client: string, call: Call, answer: Answer = {}): this {
    this.recorder.ok(this.recorder.invoke(client, call), answer)
    return this
  }

  verdicts(options: Partial<CheckOptions> = {}): Verdict[] {
    return check(this.recorder.history, options)
  }

  /** The names of the violations. */
  violations(options: Partial<CheckOptions> = {}): string[] {
    return this.verdicts(options)
      .filter(isViolation)
      .map(({ name }) => name)
  }
}
