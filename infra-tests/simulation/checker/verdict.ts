/** What a verdict is, and how a check reports one. */
import type { Model } from './model/types.ts'

export interface Verdict {
  readonly name: VerdictName
  readonly meaning: string
  /** Kafka promises no better: good to know, no reason to fail a run. */
  readonly allowed: boolean
  readonly count: number
  /** The first ones. */
  readonly cases: readonly VerdictCase[]
}

export interface VerdictCase {
  /** The partition, group, client or transaction it is about. */
  readonly subject: string
  readonly explanation: string
  /** Places in the history of the events that show it, in order. */
  readonly evidence: readonly number[]
}

export interface VerdictCheck {
  readonly name: VerdictName
  readonly meaning: string
  readonly allowed?: true
  find(model: Model, report: Report, options: CheckOptions): void
}

/** What is given as a function is only asked for when the case is kept. */
export type Report = (
  subject: string,
  evidence: readonly number[] | (() => readonly number[]),
  explain: () => string,
) => void

export interface CheckOptions {
  /** After `heal`, an operation that takes longer has got stuck. */
  readonly livenessMs: number
  /** How long after its end, or its timeout, a transaction may hold back the last stable offset. */
  readonly transactionGraceMs: number
  /** How often a share group delivers a record at most. */
  readonly deliveryCountMax: number
  /** So many cases of one verdict are explained. */
  readonly maxCases: number
}

export type VerdictName =
  | 'lost-write'
  | 'unseen'
  | 'duplicate'
  | 'inconsistent-offsets'
  | 'offset-gap'
  | 'phantom'
  | 'false-failure'
  | 'poll-skip'
  | 'int-poll-skip'
  | 'nonmonotonic-poll'
  | 'int-nonmonotonic-poll'
  | 'nonmonotonic-send'
  | 'int-nonmonotonic-send'
  | 'int-send-skip'
  | 'reordered-write'
  | 'realtime-order'
  | 'G1a'
  | 'precommitted-read'
  | 'G1b'
  | 'G1c'
  | 'G0'
  | 'G1c-ww'
  | 'lso-stuck'
  | 'nonmonotonic-watermark'
  | 'below-log-start'
  | 'undeleted'
  | 'deleted-too-early'
  | 'lost-commit'
  | 'shared-partition'
  | 'zombie-commit'
  | 'share-redelivered'
  | 'share-lock-broken'
  | 'share-delivery-count'
  | 'share-undelivered'
  | 'stuck-client'
  | 'undrained'
