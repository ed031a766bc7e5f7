/** Verdicts for people: a line of figures, then every verdict with its cases and their events. */
import type { History } from './history.ts'
import { formatEvent } from './json-lines.ts'
import { buildModel } from './model/build.ts'
import type { Entry, Model } from './model/types.ts'
import type { Verdict } from './verdict.ts'

export interface Figures {
  readonly operations: number
  readonly ok: number
  readonly fail: number
  readonly info: number
  readonly clients: number
  readonly acknowledgedRecords: number
  readonly readRecords: number
  readonly transactions: number
  readonly virtualMs: number
  /** The longest time from an acknowledgement until any consumer had the record. */
  readonly worstRealtimeLagMs: number
}

export function figuresOf(history: History): Figures {
  const model = buildModel(history)
  const outcomes = { ok: 0, fail: 0, info: 0, pending: 0 }
  for (const { outcome } of model.operations) outcomes[outcome]++
  const partitions = [...model.partitions.values()]
  const entries = partitions.flatMap(({ sorted }) => sorted)
  return {
    operations: model.operations.length,
    ok: outcomes.ok,
    fail: outcomes.fail,
    info: outcomes.info + outcomes.pending,
    clients: new Set(model.operations.map(({ client }) => client)).size,
    acknowledgedRecords: partitions.flatMap(({ sends }) => sends).filter(isAcknowledged).length,
    readRecords: entries.filter(({ readAt }) => Number.isFinite(readAt)).length,
    transactions: model.transactions.size,
    virtualMs: model.endAtMs - (history[0]?.atMs ?? 0),
    worstRealtimeLagMs: entries.reduce((worst, entry) => Math.max(worst, lagOf(model, entry)), 0),
  }
}

export function summarize(history: History, verdicts: readonly Verdict[]): string {
  const figures = figuresOf(history)
  const lines = [
    `${figures.operations} operations (${figures.ok} ok, ${figures.fail} fail, ${figures.info} info) of ` +
      `${figures.clients} clients in ${(figures.virtualMs / 1000).toFixed(1)} s; ` +
      `${figures.acknowledgedRecords} records acknowledged, ${figures.readRecords} read, ` +
      `${figures.transactions} transactions; worst lag ${figures.worstRealtimeLagMs} ms`,
  ]
  const violations = verdicts.filter(({ allowed }) => !allowed)
  for (const verdict of verdicts) lines.push('', ...describeVerdict(history, verdict))
  lines.push(
    '',
    violations.length === 0 ? 'No violation.' : `Violated: ${violations.map(nameAndCount).join(', ')}.`,
  )
  return `${lines.join('\n')}\n`
}

function describeVerdict(history: History, verdict: Verdict): string[] {
  const lines = [`${nameAndCount(verdict)}: ${verdict.meaning}${verdict.allowed ? ' (allowed)' : ''}`]
  if (verdict.allowed) return lines
  for (const { subject, explanation, evidence } of verdict.cases) {
    lines.push(`  ${subject}: ${explanation}`)
    for (const at of evidence) lines.push(`    #${at} ${eventText(history, at)}`)
  }
  if (verdict.count > verdict.cases.length) lines.push(`  and ${verdict.count - verdict.cases.length} more`)
  return lines
}

function eventText(history: History, at: number): string {
  const event = history[at]
  if (!event) throw new Error(`the history has no event ${at}`)
  const text = formatEvent(event)
  return text.length <= 200 ? text : `${text.slice(0, 200)}…`
}

function nameAndCount({ name, count }: Verdict): string {
  return `${name} × ${count}`
}

function isAcknowledged({ operation }: { operation: { outcome: string } }): boolean {
  return operation.outcome === 'ok'
}

function lagOf(model: Model, { write, readAt }: Entry): number {
  const read = model.history[readAt]
  if (write?.operation.outcome !== 'ok' || read === undefined) return 0
  return read.atMs - write.operation.completedAtMs
}
