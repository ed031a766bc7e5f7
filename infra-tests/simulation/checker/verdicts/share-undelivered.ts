/**
 * share-undelivered: a share group has nothing to do any more with a record that no member ever got. Answers that were
 * lost may have had it: with as many of them as deliveries are allowed it may be archived unseen.
 */
import type { Share } from '../model/types.ts'
import type { VerdictCheck } from '../verdict.ts'

export const shareUndelivered: VerdictCheck = {
  name: 'share-undelivered',
  meaning: 'a share group passed over a record that was never delivered',
  find(model, report, { deliveryCountMax }) {
    for (const share of model.shares.values()) {
      const missed = share.unansweredFetches >= deliveryCountMax ? undefined : firstMissed(share)
      if (missed === undefined) continue
      report(`${share.group} ${share.partition}`, [share.startToldAt], () => {
        return `The group is done up to ${share.startOffset} (#${share.startToldAt}); nobody ever got offset ${missed}.`
      })
    }
  },
}

function firstMissed({ acquisitions, startOffset }: Share): number | undefined {
  const delivered = new Set<number>()
  for (const { first, last } of acquisitions)
    for (let offset = first; offset <= last; offset++) delivered.add(offset)
  for (let offset = 0; offset < startOffset; offset++) if (!delivered.has(offset)) return offset
  return undefined
}
