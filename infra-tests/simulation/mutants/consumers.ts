/** Mistakes with groups of the consumer protocol (KIP-848). */
import { ConsumerGroup } from '../broker-code.ts'
import { takeCommitsOfAnybody } from './commits-of-anybody.ts'
import { type Mutant, replaceMethod } from './mutant.ts'

export const consumerMutants: readonly Mutant[] = [
  {
    name: 'given-before-it-is-given-back',
    mistake: 'a member is given partitions that another one has not given back yet',
    faults: ['member-cut'],
    apply: () => replaceMethod(ConsumerGroup.prototype, 'ownerOf', () => () => undefined),
  },
  {
    name: 'member-epoch-unchecked',
    mistake: 'a group coordinator takes commits of members that it has fenced',
    faults: ['member-cut'],
    apply: takeCommitsOfAnybody,
  },
]
