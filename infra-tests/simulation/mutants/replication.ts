/** Mistakes of leaders and followers. */
import { Fetcher, Followed, LeaderState, Partition, PartitionLog } from '../broker-code.ts'
import { type Mutant, replaceGetter, replaceMethod } from './mutant.ts'

/** Followers take long for what they have missed. */
const ONE_BATCH_AT_A_TIME = { 'replica.fetch.max.bytes': '1', 'replica.fetch.response.max.bytes': '1' }
const CRASHES = ['crash', 'power-loss', 'isolate-leader', 'partition']

export const replicationMutants: readonly Mutant[] = [
  {
    name: 'ack-before-high-watermark',
    mistake: 'acks=all is answered as soon as the leader has written',
    faults: CRASHES,
    apply: () =>
      replaceMethod(Partition.prototype, 'whenCommitted', () => (_offset, _leaderEpoch, waiter) => {
        waiter(undefined)
        return undefined
      }),
  },
  {
    name: 'serve-above-high-watermark',
    mistake: 'consumers get what is not committed yet',
    faults: CRASHES,
    apply: () =>
      replaceGetter(
        Partition.prototype,
        'highWatermark',
        () =>
          function (this: Partition) {
            return this.leads ? this.log.logEndOffset : this.log.highWatermark
          },
      ),
  },
  {
    name: 'high-watermark-is-log-end',
    mistake: 'the high watermark does not wait for followers',
    faults: CRASHES,
    apply: () =>
      replaceMethod(
        LeaderState.prototype,
        'highWatermark',
        () => (current, ownEndOffset) => Math.max(current, ownEndOffset),
      ),
  },
  {
    name: 'high-watermark-from-log-end-at-start',
    mistake: 'a new leader takes all that it has for committed until a follower has fetched',
    faults: ['lagging-follower'],
    properties: ONE_BATCH_AT_A_TIME,
    apply: () =>
      replaceMethod(
        LeaderState.prototype,
        'highWatermark',
        (original) =>
          function (this: LeaderState, current, ownEndOffset, minInSyncReplicas, nowMs) {
            const isNew = [...this.replicas].every(({ logEndOffset }) => logEndOffset < 0)
            if (isNew) return Math.max(current, ownEndOffset)
            return original.call(this, current, ownEndOffset, minInSyncReplicas, nowMs)
          },
      ),
  },
  {
    name: 'min-insync-ignored',
    mistake: 'acks=all counts although the ISR is smaller than min.insync.replicas',
    faults: ['last-one-loses-its-disk'],
    apply: () => replaceMethod(LeaderState.prototype, 'isUnderMinIsr', () => () => false),
  },
  {
    name: 'isr-expands-without-catching-up',
    mistake: 'a follower joins the ISR with its first fetch',
    faults: ['disk-replaced', 'crash', 'delay'],
    properties: ONE_BATCH_AT_A_TIME,
    apply: () =>
      replaceMethod(
        LeaderState.prototype,
        'proposeExpansion',
        (original) =>
          function (this: LeaderState, brokerId) {
            const replica = this.replica(brokerId)
            if (replica === undefined) return undefined
            const { logEndOffset } = replica
            replica.logEndOffset = Number.POSITIVE_INFINITY
            const proposal = original.call(this, brokerId, 0)
            replica.logEndOffset = logEndOffset
            return proposal
          },
      ),
  },
  {
    name: 'high-watermark-ignores-slow-replicas',
    mistake: 'the high watermark waits for one follower, not for all of the ISR',
    faults: CRASHES,
    apply: () =>
      replaceMethod(
        LeaderState.prototype,
        'highWatermark',
        () =>
          function (this: LeaderState, current, ownEndOffset) {
            const ends = [...this.replicas].map(({ logEndOffset }) => logEndOffset)
            return Math.max(current, Math.min(ownEndOffset, Math.max(...ends, 0)))
          },
      ),
  },
  {
    name: 'truncation-skipped',
    mistake: 'a follower keeps what its leader does not have',
    faults: ['lagging-follower'],
    apply: () => replaceMethod(Followed.prototype, 'truncate', () => () => {}),
  },
  {
    name: 'truncation-to-high-watermark',
    mistake: 'a follower cuts its log at its high watermark when a leader begins (before KIP-101)',
    faults: ['lagging-follower'],
    properties: ONE_BATCH_AT_A_TIME,
    apply: () =>
      replaceMethod(
        Fetcher.prototype,
        'follow',
        (original) =>
          function (this: Fetcher, partition) {
            const { log } = partition
            if (log.failure === undefined && log.highWatermark < log.logEndOffset)
              Array.from(log.truncation(log.highWatermark))
            original.call(this, partition)
          },
      ),
  },
  {
    name: 'epoch-not-bumped',
    mistake: 'a new leader goes on in the epoch of the one before',
    faults: CRASHES,
    apply: () =>
      replaceMethod(
        Partition.prototype,
        'assign',
        (original) =>
          function (this: Partition, image) {
            return original.call(this, { ...image, leaderEpoch: 0 })
          },
      ),
  },
  {
    name: 'epoch-checks-dropped',
    mistake: 'nobody compares leader epochs, neither those of requests nor those of the records in two logs',
    faults: ['lagging-follower'],
    apply: () => {
      const refusal = replaceMethod(
        Partition.prototype,
        'refusal',
        (original) =>
          function (this: Partition) {
            return original.call(this, -1)
          },
      )
      const divergence = replaceMethod(
        PartitionLog.prototype,
        'endOffsetForEpoch',
        () =>
          function (this: PartitionLog, epoch) {
            return { epoch, endOffset: this.logEndOffset }
          },
      )
      return () => {
        refusal()
        divergence()
      }
    },
  },
]
