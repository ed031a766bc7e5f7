/**
 * Balance where subscriptions differ. Moving one partition from a member to another one may be impossible although
 * a chain of moves over members in between is not; so the way from the fullest member to an emptier one is searched
 * for as in a graph whose edges are partitions that may be handed on. When no way is left that makes the difference
 * smaller, the assignment is as even as it can be.
 */
import { type Share, take } from './share.ts'

/** Bounds the search in groups of very many members, whose balance then may be a little short of the best. */
const MAX_VISITS = 200_000

interface Step {
  readonly from: Share
  readonly topicId: string
}

export function levelLoads(
  shares: readonly Share[],
  subscribers: ReadonlyMap<string, readonly Share[]>,
): void {
  const settled = new Set<Share>()
  const budget = { visits: MAX_VISITS }
  while (budget.visits > 0) {
    const fullest = fullestOf(shares, settled)
    if (!fullest) return
    const way = findWay(fullest, subscribers, budget)
    if (way) handOn(way)
    else settled.add(fullest)
  }
}

function fullestOf(shares: readonly Share[], settled: ReadonlySet<Share>): Share | undefined {
  let fullest: Share | undefined
  for (const share of shares) {
    if (!settled.has(share) && share.size > (fullest?.size ?? 0)) fullest = share
  }
  return fullest
}

/** The shortest chain from a member to one that has at least two partitions less. */
function findWay(
  start: Share,
  subscribers: ReadonlyMap<string, readonly Share[]>,
  budget: { visits: number },
): { step: Step; to: Share }[] | undefined {
  const reachedBy = new Map<Share, Step>()
  const topicsSeen = new Set<string>()
  const queue = [start]
  for (const share of queue) {
    for (const topicId of share.partitions.keys()) {
      if (topicsSeen.has(topicId)) continue
      topicsSeen.add(topicId)
      for (const next of subscribers.get(topicId) ?? []) {
        budget.visits--
        if (next === start || reachedBy.has(next)) continue
        reachedBy.set(next, { from: share, topicId })
        if (next.size <= start.size - 2) return wayTo(next, start, reachedBy)
        queue.push(next)
      }
    }
  }
  return undefined
}

function wayTo(end: Share, start: Share, reachedBy: ReadonlyMap<Share, Step>): { step: Step; to: Share }[] {
  const way: { step: Step; to: Share }[] = []
  for (let at = end; at !== start; ) {
    const step = reachedBy.get(at)
    if (!step) throw new Error(`no step leads to ${at.member.memberId}`)
    way.push({ step, to: at })
    at = step.from
  }
  return way
}

/** From the far end: every member on the way gives before it takes. */
function handOn(way: readonly { step: Step; to: Share }[]): void {
  for (const { step, to } of way) {
    const { from, topicId } = step
    const partition = highest(from.partitions.get(topicId))
    give(from, topicId, partition)
    take(to, topicId, partition)
  }
}

function give(share: Share, topicId: string, partition: number): void {
  const partitions = share.partitions.get(topicId)
  partitions?.delete(partition)
  if (partitions?.size === 0) share.partitions.delete(topicId)
  share.size--
}

function highest(partitions: ReadonlySet<number> | undefined): number {
  let result = -1
  for (const partition of partitions ?? []) result = Math.max(result, partition)
  if (result < 0) throw new Error('a member hands on a partition that it does not have')
  return result
}
