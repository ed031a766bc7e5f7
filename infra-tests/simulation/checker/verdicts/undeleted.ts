/**
 * undeleted: DeleteRecords was acknowledged, and the log does not begin at that offset or behind it: not in the answer
 * itself, or not any more when it was asked for after the faults.
 */
import type { Deletion, Partition } from '../model/types.ts'
import type { Report, VerdictCheck } from '../verdict.ts'

export const undeleted: VerdictCheck = {
  name: 'undeleted',
  meaning: 'records were there after their deletion had been acknowledged',
  find(model, report) {
    for (const partition of model.partitions.values()) findIn(partition, model.healedAt, report)
  },
}

function findIn({ name, deletions }: Partition, healedAt: number, report: Report): void {
  let furthest: Deletion | undefined
  for (const deletion of deletions) {
    const { operation, offset, startOffset } = deletion
    const isCurrent = healedAt >= 0 && operation.invokedAt > healedAt
    const isKnown = furthest !== undefined && furthest.operation.completedAt < operation.invokedAt
    const least = isCurrent && isKnown ? Math.max(offset, furthest?.offset ?? 0) : offset
    if (startOffset < least) {
      const earlier = least > offset ? furthest : undefined
      report(name, [earlier?.operation.completedAt ?? -1, operation.invokedAt, operation.completedAt], () => {
        const asked = earlier?.operation.completedAt ?? operation.completedAt
        return `What lies before ${least} was deleted in #${asked}; the log begins at ${startOffset} (#${operation.completedAt}).`
      })
    }
    if (furthest === undefined || offset > furthest.offset) furthest = deletion
  }
}
