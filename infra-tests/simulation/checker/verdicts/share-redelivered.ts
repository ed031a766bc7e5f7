/**
 * share-redelivered: a record was accepted, or rejected, and that was acknowledged; asked after that, a leader of the
 * same or a later epoch delivered it once more. A leader that was deposed and does not know it may: it has the past.
 */
import type { Acquisition, Share, ShareAcknowledgement } from '../model/types.ts'
import type { Report, VerdictCheck } from '../verdict.ts'

export const shareRedelivered: VerdictCheck = {
  name: 'share-redelivered',
  meaning: 'a record was delivered to a share group after it had been accepted or rejected',
  find(model, report) {
    for (const share of model.shares.values()) findIn(share, report)
  },
}

function findIn({ group, partition, acquisitions, acknowledgements }: Share, report: Report): void {
  const settled = acknowledgements.filter(
    ({ operation, call }) =>
      operation.outcome === 'ok' && call.outcome !== 'release' && call.leaderEpoch >= 0,
  )
  for (const acquisition of acquisitions) {
    const before = settled.find((each) => contradicts(each, acquisition))
    if (before === undefined) continue
    const { operation, first, last } = acquisition
    const evidence = [before.operation.invokedAt, before.operation.completedAt, operation.completedAt]
    report(`${group} ${partition}`, evidence, () => {
      const { call } = before
      return (
        `${before.operation.client} said "${call.outcome}" of offsets ${call.first} to ${call.last}, acknowledged in ` +
        `#${before.operation.completedAt}; ${operation.client} then got ${first} to ${last} (#${operation.completedAt}).`
      )
    })
  }
}

function contradicts({ operation, call }: ShareAcknowledgement, acquisition: Acquisition): boolean {
  return (
    operation.completedAt < acquisition.operation.invokedAt &&
    acquisition.leaderEpoch >= call.leaderEpoch &&
    call.first <= acquisition.last &&
    acquisition.first <= call.last
  )
}
