/** Mistakes of the storage, the coordinators and the controller. */
import { recomputeCrc } from '@freshet/broker/wire'
import {
  Candidacy,
  ClusterImage,
  ConfigResourceType,
  ControllerService,
  GroupShard,
  OfflineReporter,
  PartitionLog,
  ProducerStates,
} from '../broker-code.ts'
import { takeCommitsOfAnybody } from './commits-of-anybody.ts'
import { delayAppends } from './late-appends.ts'
import { type Mutant, replaceMethod } from './mutant.ts'

/** Whatever its log directory proves: every broker registers as one that lost nothing. */
function believeEverybody(): () => void {
  const epochs = new Map<unknown, number>()
  return replaceMethod(
    ControllerService.prototype,
    'submit',
    (original) =>
      async function (this: ControllerService, type, request) {
        if (type !== 'registerBroker') return await original.call(this, type, request)
        const brokerId = Reflect.get(request, 'brokerId')
        const previousBrokerEpoch = epochs.get(brokerId) ?? -1
        const reply = await original.call(this, type, { ...request, previousBrokerEpoch })
        if (typeof reply === 'object' && reply !== null)
          epochs.set(brokerId, Number(Reflect.get(reply, 'brokerEpoch')))
        return reply
      },
  )
}

export const otherMutants: readonly Mutant[] = [
  {
    name: 'sequence-reused',
    mistake: 'a batch that a producer sends again is written again',
    faults: ['reset', 'half-open'],
    apply: () => replaceMethod(ProducerStates.prototype, 'check', () => () => undefined),
  },
  {
    name: 'crc-of-replicas-unchecked',
    mistake: 'a follower does not look at the checksum of what it takes over',
    faults: ['bit-flip'],
    apply: () =>
      replaceMethod(
        PartitionLog.prototype,
        'stage',
        (original) =>
          function (this: PartitionLog, batch, options) {
            if (options.origin === 'replica') recomputeCrc(batch, 0)
            return original.call(this, batch, options)
          },
      ),
  },
  {
    name: 'offset-commit-lost',
    mistake: 'a group coordinator that takes over leaves out some of the committed offsets',
    faults: ['crash', 'isolate-coordinator', 'rolling-restart'],
    apply: () => {
      let count = 0
      return replaceMethod(
        GroupShard.prototype,
        'replay',
        (original) =>
          function (this: GroupShard, key, value) {
            if (++count % 3 !== 0) original.call(this, key, value)
          },
      )
    },
  },
  {
    name: 'unclean-election',
    mistake: 'anybody may lead who is alive',
    faults: ['left-behind'],
    apply: () =>
      replaceMethod(
        ClusterImage.prototype,
        'configs',
        (original) =>
          function (this: ClusterImage, type, name) {
            const overrides = original.call(this, type, name)
            if (type !== ConfigResourceType.TOPIC) return overrides
            return new Map([...overrides, ['unclean.leader.election.enable', 'true']])
          },
      ),
  },
  {
    name: 'power-loss-unnoticed',
    mistake: 'a broker that lost unsynced records stays eligible to lead',
    faults: ['last-one-loses-power'],
    apply: believeEverybody,
  },
  {
    name: 'empty-disk-unnoticed',
    mistake: 'a broker that comes back with an empty disk stays in sync',
    faults: ['last-one-loses-its-disk'],
    apply: believeEverybody,
  },
  {
    name: 'snapshot-forgets-epochs',
    mistake: 'whoever starts from a snapshot of the metadata begins with leader epoch 0',
    faults: ['crash', 'isolate-leader', 'power-loss'],
    apply: () =>
      replaceMethod(
        ClusterImage.prototype,
        'toRecords',
        (original) =>
          function* (this: ClusterImage) {
            for (const record of original.call(this))
              yield record.type === 'Partition' ? { ...record, leaderEpoch: 0 } : record
          },
      ),
  },
  {
    name: 'generation-unchecked',
    mistake: 'a group coordinator takes commits of members of earlier generations',
    faults: ['member-cut', 'delay'],
    apply: takeCommitsOfAnybody,
  },
  {
    name: 'offline-log-kept-secret',
    mistake: 'the controller is not told of a log that went offline',
    faults: ['log-offline'],
    apply: () => replaceMethod(OfflineReporter.prototype, 'report', () => () => {}),
  },
  {
    name: 'cut-off-controller-goes-on',
    mistake: 'a controller that hears nobody does not stand aside',
    faults: ['controller-lost'],
    apply() {
      const mends = [
        replaceMethod(Candidacy.prototype, 'isToYield', () => () => false),
        replaceMethod(Candidacy.prototype, 'isToYieldAgain', () => async () => false),
      ]
      return () => {
        for (const mend of mends) mend()
      }
    },
  },
  {
    name: 'producer-id-given-twice',
    mistake: 'every broker begins to give out producer ids with the first',
    faults: ['client-crash'],
    apply: () =>
      replaceMethod(
        ControllerService.prototype,
        'submit',
        (original) =>
          async function (this: ControllerService, type, request) {
            const reply = await original.call(this, type, request)
            if (type !== 'allocateProducerIds' || typeof reply !== 'object' || reply === null) return reply
            return { ...reply, producerIdStart: 0 }
          },
      ),
  },
  {
    name: 'fencing-token-ignored',
    mistake: 'a controller that lost its lease goes on changing the metadata',
    faults: ['crash', 'controller-storm'],
    wrapStore: (store, timers) =>
      delayAppends(
        {
          ...store,
          logs: {
            ...store.logs,
            async append(log, _at, payloads, fence) {
              const { nextIndex } = await store.logs.bounds(log)
              const current = await store.leases.read(fence.name)
              return await store.logs.append(log, nextIndex, payloads, current ?? fence)
            },
          },
        },
        timers,
      ),
    apply: () => () => {},
  },
]
