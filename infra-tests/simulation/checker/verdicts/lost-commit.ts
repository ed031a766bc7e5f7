/**
 * lost-commit: committed offsets of a group are registers. A fetch of one, or a member that resumes from it, has to
 * find the last commit that was acknowledged before, or a later or unknown one; here it found an older value, or
 * one that nobody committed. Offsets sent with a transaction are committed with it.
 */
import { countBelow } from '../model/ranges.ts'
import type { Commit, Fetch, Group } from '../model/types.ts'
import type { Report, VerdictCheck } from '../verdict.ts'

export const lostCommit: VerdictCheck = {
  name: 'lost-commit',
  meaning: 'a committed offset went back, or was never committed',
  find(model, report) {
    for (const group of model.groups.values()) findInGroup(group, report)
  },
}

function findInGroup({ name, commits, fetches }: Group, report: Report): void {
  const commitsOf = Map.groupBy(commits, ({ partition }) => partition)
  for (const [partition, fetched] of Map.groupBy(fetches, (fetch) => fetch.partition)) {
    const register = new Register((commitsOf.get(partition) ?? []).flatMap(effectOf))
    for (const fetch of fetched) {
      const latest = register.latestBefore(fetch.invokedAt)
      if (register.explains(fetch, latest)) continue
      const { client, offset, invokedAt, completedAt } = fetch
      report(
        `${name} ${partition}`,
        [latest?.invokedAt ?? -1, latest?.completedAt ?? -1, invokedAt, completedAt],
        () => {
          const acknowledged = latest
            ? `Offset ${latest.offset} was committed in #${latest.completedAt}`
            : 'No commit had been acknowledged'
          return `${acknowledged}; asked after that, ${client} got ${offset < 0 ? 'none' : offset} (#${completedAt}).`
        },
      )
    }
  }
}

/** When a commit may have taken effect: after `invokedAt` and before `completedAt`. */
interface Effect {
  readonly offset: number
  readonly invokedAt: number
  readonly completedAt: number
}

function effectOf({ operation, offset, transaction }: Commit): Effect[] {
  if (operation.outcome === 'fail') return []
  const { invokedAt, completedAt } = operation
  if (!transaction) return [{ offset, invokedAt, completedAt }]
  if (!Number.isFinite(transaction.commitInvokedAt) || transaction.status === 'aborted') return []
  const settled = transaction.status === 'committed' && operation.outcome === 'ok'
  return [
    {
      offset,
      invokedAt: transaction.commitInvokedAt,
      completedAt: settled ? transaction.settledAt : Number.POSITIVE_INFINITY,
    },
  ]
}

class Register {
  readonly #byOffset: Map<number, Effect[]>
  readonly #completions: number[]
  readonly #latest: Effect[] = []

  constructor(effects: readonly Effect[]) {
    this.#byOffset = Map.groupBy(effects, ({ offset }) => offset)
    const acknowledged = effects
      .filter(({ completedAt }) => Number.isFinite(completedAt))
      .sort((left, right) => left.completedAt - right.completedAt)
    this.#completions = acknowledged.map(({ completedAt }) => completedAt)
    for (const effect of acknowledged) {
      const before = this.#latest.at(-1)
      this.#latest.push(before && before.invokedAt > effect.invokedAt ? before : effect)
    }
  }

  /** Of the commits acknowledged before, the one that was asked for last: it replaced all that ended before it began. */
  latestBefore(at: number): Effect | undefined {
    return this.#latest[countBelow(this.#completions, at) - 1]
  }

  explains({ offset, completedAt }: Fetch, latest: Effect | undefined): boolean {
    if (offset < 0 && !latest) return true
    const candidates = this.#byOffset.get(offset) ?? []
    return candidates.some(
      (effect) => effect.invokedAt < completedAt && (!latest || effect.completedAt >= latest.invokedAt),
    )
  }
}
