/** Which steps of consumers were too long. */
import { countBelow } from '../model/ranges.ts'
import type { Entry, Model, Partition, Step } from '../model/types.ts'
import { compactedAway } from './promises.ts'

export interface Skip extends Step {
  readonly partition: Partition
  readonly count: number
  readonly first: Entry
}

/** Steps over records that some other consumer did read, and that this one's isolation shows. */
export function skips(model: Model, internal: boolean): Skip[] {
  const found: Skip[] = []
  for (const partition of model.partitions.values()) {
    const steps = partition.steps.filter((step) => step.offset > step.expected && step.internal === internal)
    if (steps.length === 0) continue
    const excused = compactedAway(partition)
    const readable = partition.sorted.filter(
      (entry) => entry.readAt < Number.POSITIVE_INFINITY && !excused(entry),
    )
    const committed = readable.filter(isCommitted)
    const offsets = readable.map(({ offset }) => offset)
    const committedOffsets = committed.map(({ offset }) => offset)
    for (const step of steps) {
      const { readCommitted } = step.session
      const visible = readCommitted ? committedOffsets : offsets
      const from = countBelow(visible, step.expected)
      const count = countBelow(visible, step.offset) - from
      const first = (readCommitted ? committed : readable)[from]
      if (count > 0 && first) found.push({ ...step, partition, count, first })
    }
  }
  return found
}

function isCommitted({ write, committedReadAt }: Entry): boolean {
  const status = write?.transaction?.status
  if (status === 'aborted' || status === 'open') return false
  if (status === 'committed' || (write && status === undefined)) return true
  return committedReadAt < Number.POSITIVE_INFINITY
}
