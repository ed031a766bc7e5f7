/** Mistakes of brokers that consumers read from. */
import { holdsBatch, sizeInBytes } from '@freshet/broker/wire'
import { FetchRead, FetchSessions, Partition } from '../broker-code.ts'
import { type Mutant, replaceGetter, replaceMethod } from './mutant.ts'

/** So many fetches of consumers are right, then one is not. */
const WRONG_EVERY = 5
const OFFSETS_TOO_FAR = 3

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
  {
    name: 'fetch-begins-too-far',
    mistake: 'some fetches give what lies a few offsets behind what was asked for',
    faults: [],
    apply: () => {
      let count = 0
      return replaceMethod(
        FetchSessions.prototype,
        'resolve',
        (original) =>
          function (this: FetchSessions, wish, nowMs) {
            if (wish.follower !== undefined || ++count % WRONG_EVERY !== 0)
              return original.call(this, wish, nowMs)
            const partitions = wish.partitions.map((partition) => {
              return { ...partition, fetchOffset: partition.fetchOffset + OFFSETS_TOO_FAR }
            })
            return original.call(this, { ...wish, partitions }, nowMs)
          },
      )
    },
  },
  {
    name: 'batch-left-out',
    mistake: 'some fetches leave out a batch in the midst of others',
    faults: [],
    apply: () => replaceBatches(([first, , ...others]) => [first, ...others]),
  },
  {
    name: 'batches-swapped',
    mistake: 'some fetches give a later batch before an earlier one',
    faults: [],
    apply: () => replaceBatches(([first, second, ...others]) => [second, first, ...others]),
  },
]

type Batches = readonly (Buffer | undefined)[]

/** In some fetches of consumers without a session; followers have one. */
function replaceBatches(make: (batches: Batches) => Batches): () => void {
  let count = 0
  return replaceMethod(
    FetchRead.prototype,
    'answer',
    (original) =>
      function (this: FetchRead) {
        const answer = original.call(this)
        if (answer.sessionId !== 0 || ++count % WRONG_EVERY !== 0) return answer
        for (const { partitions } of answer.responses) {
          for (const partition of partitions) {
            const given = make(batchesIn(partition.records)).filter((each) => each !== undefined)
            partition.records = Buffer.concat(given)
          }
        }
        return answer
      },
  )
}

function batchesIn(bytes: Buffer): Buffer[] {
  const batches: Buffer[] = []
  for (let at = 0; holdsBatch(bytes, at); at += sizeInBytes(bytes, at))
    batches.push(bytes.subarray(at, at + sizeInBytes(bytes, at)))
  return batches
}
