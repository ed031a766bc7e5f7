/**
 * share-lock-broken: a leader delivered records to a member, and in the same session, before the lock can have run out,
 * said that they are not locked for it.
 */
import type { Acquisition, Share, ShareAcknowledgement } from '../model/types.ts'
import type { Report, VerdictCheck } from '../verdict.ts'

export const shareLockBroken: VerdictCheck = {
  name: 'share-lock-broken',
  meaning: 'a record was taken from a member of a share group before its lock ran out',
  find(model, report) {
    for (const share of model.shares.values()) findIn(share, report)
  },
}

function findIn({ group, partition, acquisitions, acknowledgements }: Share, report: Report): void {
  for (const refused of acknowledgements) {
    if (!refused.isRefused) continue
    const acquisition = acquisitions.findLast((each) => isOf(each, refused))
    if (acquisition === undefined || hadItsTime(acquisition, refused)) continue
    const { operation, call } = refused
    const evidence = [acquisition.operation.invokedAt, operation.invokedAt]
    report(`${group} ${partition}`, evidence, () => {
      const heldMs = operation.completedAtMs - acquisition.operation.invokedAtMs
      return (
        `${operation.client} got offsets ${call.first} to ${call.last} for ${call.lockMs} ms ` +
        `(#${acquisition.operation.completedAt}), and did not have them ${heldMs} ms later (#${operation.invokedAt}).`
      )
    })
  }
}

function isOf({ operation, first, last, leaderEpoch }: Acquisition, refused: ShareAcknowledgement): boolean {
  const { call } = refused
  return (
    operation.client === refused.operation.client &&
    operation.completedAt < refused.operation.invokedAt &&
    leaderEpoch === call.leaderEpoch &&
    first <= call.first &&
    call.last <= last
  )
}

function hadItsTime({ operation }: Acquisition, refused: ShareAcknowledgement): boolean {
  return refused.operation.completedAtMs >= operation.invokedAtMs + refused.call.lockMs
}
