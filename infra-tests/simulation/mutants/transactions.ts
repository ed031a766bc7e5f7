/** Mistakes in transactions: of the coordinator, the leaders and the group coordinator; they show with transactions. */
import { ErrorCode } from '@freshet/broker/wire'
import {
  Groups,
  MarkerWriter,
  PartitionLog,
  ProducerStates,
  TransactionShard,
  TransactionVerifier,
} from '../broker-code.ts'
import { LEDGER } from '../workloads/transactions.ts'
import { type Mutant, replaceGetter, replaceMethod } from './mutant.ts'

/** So many markers later each comes once more, as if the network had held it back. That alone harms nobody. */
const MARKERS_BETWEEN = 5

/** Of version 2, where each transaction has an epoch of its own (KIP-890). */
export function repeatMarkersLate(): () => void {
  const late: (() => Promise<unknown>)[] = []
  return replaceMethod(
    MarkerWriter.prototype,
    'write',
    (original) =>
      async function (this: MarkerWriter, topic, index, marker, timeoutMs) {
        const code = await original.call(this, topic, index, marker, timeoutMs)
        if (topic !== LEDGER || marker.transactionVersion < 2) return code
        late.push(() => original.call(this, topic, index, marker, timeoutMs))
        if (late.length > MARKERS_BETWEEN) await late.shift()?.()
        return code
      },
  )
}

/** Of so many attempts to write a marker one succeeds; a coordinator tries again every 100 ms. */
const MARKER_ATTEMPTS = 5

/** Leaders take markers late, so that decided transactions stay open for a while. That alone harms nobody. */
export function refuseMarkersAtFirst(): () => void {
  let count = 0
  return replaceMethod(
    MarkerWriter.prototype,
    'write',
    (original) =>
      async function (this: MarkerWriter, topic, index, marker, timeoutMs) {
        if (++count % MARKER_ATTEMPTS !== 0) return ErrorCode.NOT_LEADER_OR_FOLLOWER
        return await original.call(this, topic, index, marker, timeoutMs)
      },
  )
}

export const transactionMutants: readonly Mutant[] = [
  {
    name: 'marker-lost',
    mistake: 'some markers are said to be written and are not',
    faults: [],
    apply: () => {
      let count = 0
      return replaceMethod(
        MarkerWriter.prototype,
        'write',
        (original) =>
          async function (this: MarkerWriter, topic, index, marker, timeoutMs) {
            return ++count % 7 === 0 ? 0 : await original.call(this, topic, index, marker, timeoutMs)
          },
      )
    },
  },
  {
    name: 'lso-too-far',
    mistake: 'the last stable offset is the high watermark',
    faults: [],
    apply: () =>
      replaceGetter(
        PartitionLog.prototype,
        'lastStableOffset',
        () =>
          function (this: PartitionLog) {
            return this.highWatermark
          },
      ),
  },
  {
    name: 'aborted-record-served',
    mistake: 'consumers are not told which transactions were aborted',
    faults: [],
    apply: () => replaceMethod(PartitionLog.prototype, 'abortedTransactions', () => () => []),
  },
  {
    name: 'fencing-skipped',
    mistake: 'a producer that was replaced may end the transaction of the one that replaced it',
    faults: [],
    apply: () =>
      replaceMethod(
        TransactionShard.prototype,
        'endTransaction',
        (original) =>
          function (this: TransactionShard, token, request, nowMs, newProducerId) {
            const { producerEpoch } = this.describe(request.transactionalId)
            return original.call(this, token, { ...request, producerEpoch }, nowMs, newProducerId)
          },
      ),
  },
  {
    name: 'transactional-offset-lost',
    mistake: 'the offsets of a transaction are forgotten although it committed',
    faults: [],
    apply: () =>
      replaceMethod(
        Groups.prototype,
        'endTransaction',
        (original) =>
          function (this: Groups, marker) {
            return original.call(this, { ...marker, isCommit: false })
          },
      ),
  },
  {
    name: 'aborted-offset-kept',
    mistake: 'the offsets of a transaction count although it was aborted',
    faults: [],
    apply: () =>
      replaceMethod(
        Groups.prototype,
        'endTransaction',
        (original) =>
          function (this: Groups, marker) {
            return original.call(this, { ...marker, isCommit: true })
          },
      ),
  },
  {
    name: 'decision-forgotten',
    mistake: 'a transaction coordinator that takes over does not finish what was decided',
    faults: ['crash', 'isolate-coordinator'],
    apply() {
      // Else few coordinators go between a decision and its markers.
      const punctual = refuseMarkersAtFirst()
      const loading = replaceMethod(
        TransactionShard.prototype,
        'finishLoading',
        (original) =>
          function (this: TransactionShard, nowMs) {
            return { ...original.call(this, nowMs), effects: [] }
          },
      )
      return () => {
        loading()
        punctual()
      }
    },
  },
  {
    name: 'old-marker-accepted',
    mistake: 'a leader takes a marker that comes late, of an epoch that is over',
    faults: [],
    apply() {
      const punctual = repeatMarkersLate()
      const check = replaceMethod(ProducerStates.prototype, 'checkMarker', () => () => {})
      return () => {
        check()
        punctual()
      }
    },
  },
  {
    name: 'late-batch-begins-transaction',
    mistake: 'a leader does not ask whether a transaction is open before its first batch',
    faults: ['delay', 'half-open', 'reset', 'isolate-leader', 'partition'],
    apply: () => replaceMethod(TransactionVerifier.prototype, 'ask', () => () => Promise.resolve(0)),
  },
]
