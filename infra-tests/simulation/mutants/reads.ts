/** Mistakes of brokers that consumers read from. */
import { FetchSessions, Partition } from '../broker-code.ts'
import { type Mutant, replaceGetter, replaceMethod } from './mutant.ts'

export const readMutants: readonly Mutant[] = [
  {
    name: 'follower-serves-uncommitted',
    mistake: 'a follower that consumers read from gives them what is not committed yet',
    faults: ['stall', 'delay'],
    properties: { 'replica.selector.class': 'org.apache.kafka.common.replica.RackAwareReplicaSelector' },
    apply: () =>
      replaceGetter(
        Partition.prototype,
        'highWatermark',
        (original) =>
          function (this: Partition) {
            return this.leads ? original.call(this) : this.log.logEndOffset
          },
      ),
  },
  {
    name: 'fetch-session-stands-still',
    mistake: 'a fetch session goes on at the offsets that it was begun with',
    faults: ['crash'],
    apply: () =>
      replaceMethod(
        FetchSessions.prototype,
        'resolve',
        (original) =>
          function (this: FetchSessions, wish, nowMs) {
            const goesOn = wish.sessionEpoch > 0
            return original.call(this, goesOn ? { ...wish, partitions: [] } : wish, nowMs)
          },
      ),
  },
]
