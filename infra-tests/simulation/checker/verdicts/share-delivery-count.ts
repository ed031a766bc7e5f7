/** share-delivery-count: a leader counts each delivery of a record, from one on, and never counts beyond the limit. */
import type { Acquisition, Share } from '../model/types.ts'
import type { Report, VerdictCheck } from '../verdict.ts'

export const shareDeliveryCount: VerdictCheck = {
  name: 'share-delivery-count',
  meaning: 'the count of deliveries of a record stood still, or went beyond its limit',
  find(model, report, { deliveryCountMax }) {
    for (const share of model.shares.values()) findIn(share, deliveryCountMax, report)
  },
}

function findIn({ group, partition, acquisitions }: Share, countMax: number, report: Report): void {
  const latest = new Map<string, Acquisition>()
  for (const acquisition of acquisitions) {
    const { operation, first, last, deliveryCount, leaderEpoch } = acquisition
    let before: Acquisition | undefined
    for (let offset = first; offset <= last; offset++) {
      const key = `${leaderEpoch} ${offset}`
      const known = leaderEpoch < 0 ? undefined : latest.get(key)
      if (known !== undefined && stoodStill(known, acquisition)) before ??= known
      latest.set(key, acquisition)
    }
    if (before === undefined && deliveryCount >= 1 && deliveryCount <= countMax) continue
    report(`${group} ${partition}`, [before?.operation.completedAt ?? -1, operation.completedAt], () => {
      const earlier = before ? `, after ${before.deliveryCount} in #${before.operation.completedAt}` : ''
      return `Offsets ${first} to ${last} came with the count ${deliveryCount} in #${operation.completedAt}${earlier}.`
    })
  }
}

function stoodStill(before: Acquisition, after: Acquisition): boolean {
  return (
    before.operation.completedAt < after.operation.invokedAt && after.deliveryCount <= before.deliveryCount
  )
}
