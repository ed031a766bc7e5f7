/** Mistakes in share groups; they show with clients of one. */
import { AcknowledgeType, SharePartition, ShareStateClient, ShareStateShard } from '../broker-code.ts'
import { type Mutant, replaceMethod } from './mutant.ts'

export const shareMutants: readonly Mutant[] = [
  {
    name: 'share-state-not-kept',
    mistake: 'some of what a share group has done is acknowledged and not kept by the share coordinator',
    faults: ['crash', 'isolate-leader', 'rolling-restart'],
    apply: () => {
      let count = 0
      return replaceMethod(
        ShareStateClient.prototype,
        'write',
        (original) =>
          function (this: ShareStateClient, key, write) {
            if (++count % 3 === 0) return Promise.resolve({ errorCode: 0, errorMessage: null })
            return original.call(this, key, write)
          },
      )
    },
  },
  {
    name: 'share-state-pruned-too-far',
    mistake: 'records of the share-group state are deleted before newer ones say the same',
    faults: ['crash', 'isolate-leader', 'rolling-restart'],
    apply: () =>
      replaceMethod(
        ShareStateShard.prototype,
        'tick',
        (original) =>
          function (this: ShareStateShard, now) {
            const outcome = original.call(this, now)
            const prunes = outcome.effects !== undefined && outcome.effects.length > 0
            return prunes ? { ...outcome, effects: [{ deleteBefore: Number.MAX_SAFE_INTEGER }] } : outcome
          },
      ),
  },
  {
    name: 'locks-taken-away',
    mistake: 'whoever fetches takes away what is locked for other members',
    faults: [],
    apply: () =>
      replaceMethod(
        SharePartition.prototype,
        'acquire',
        (original) =>
          function (this: SharePartition, request, limits, nowMs) {
            this.expireLocks(limits, Number.POSITIVE_INFINITY)
            return original.call(this, request, limits, nowMs)
          },
      ),
  },
  {
    name: 'acceptance-forgotten',
    mistake: 'some records that were accepted are available again',
    faults: [],
    apply: () => {
      let count = 0
      return replaceMethod(
        SharePartition.prototype,
        'acknowledge',
        (original) =>
          function (this: SharePartition, memberId, batches, limits, nowMs) {
            const forgotten = { acknowledgeTypes: [AcknowledgeType.RELEASE] }
            const isForgotten = ++count % 10 === 0
            const taken = isForgotten ? batches.map((batch) => ({ ...batch, ...forgotten })) : batches
            original.call(this, memberId, taken, limits, nowMs)
          },
      )
    },
  },
  {
    name: 'share-start-too-far',
    mistake: 'a new leader begins behind records that are not done with',
    faults: ['crash', 'isolate-leader'],
    apply: () =>
      replaceMethod(
        ShareStateClient.prototype,
        'read',
        (original) =>
          async function (this: ShareStateClient, key, leaderEpoch) {
            const state = await original.call(this, key, leaderEpoch)
            return state.startOffset < 0 ? state : { ...state, startOffset: state.startOffset + 50 }
          },
      ),
  },
  {
    name: 'delivery-not-counted',
    mistake: 'a record that is given back is delivered as if for the first time',
    faults: [],
    apply: () =>
      replaceMethod(
        SharePartition.prototype,
        'acquire',
        (original) =>
          function (this: SharePartition, request, limits, nowMs) {
            return original
              .call(this, request, limits, nowMs)
              .map((acquired) => ({ ...acquired, deliveryCount: 1 }))
          },
      ),
  },
]
