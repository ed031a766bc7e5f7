/**
 * zombie-commit: a commit was accepted of a member that had lost its partitions. In the classic protocol it is of an
 * earlier generation, though it was sent after a member had been given its partitions in a later one: the coordinator
 * has to answer ILLEGAL_GENERATION. In the consumer protocol (KIP-848) another member had been given the partition
 * before it was sent: nobody gets one before the member that had it has given it back or is fenced.
 */
import type { Claim, Commit } from '../model/types.ts'
import type { VerdictCheck } from '../verdict.ts'

export const zombieCommit: VerdictCheck = {
  name: 'zombie-commit',
  meaning: 'a commit of a member that had lost its partitions was accepted',
  find(model, report) {
    for (const { name, claims, commits } of model.groups.values()) {
      const seen = new Claims(claims)
      for (const commit of commits) {
        const { operation, partition } = commit
        seen.advanceTo(operation.invokedAt)
        const holder = operation.outcome === 'ok' ? seen.objectionTo(commit) : undefined
        if (holder === undefined) continue
        report(`${name} ${partition}`, [holder.at, operation.invokedAt, operation.completedAt], () => {
          const generation = generationOf(commit)
          const had = generation === undefined ? `had ${partition}` : 'was'
          const later = `${holder.client} ${had} in generation ${holder.generation} (#${holder.at})`
          const when = generation === undefined ? '' : ` in generation ${generation}`
          return `${later} before ${operation.client} committed${when} (#${operation.completedAt}).`
        })
      }
    }
  },
}

/** What members held up to some point of the history. */
class Claims {
  readonly #claims: readonly Claim[]
  #next = 0
  #newest: Claim | undefined
  readonly #lastOf = new Map<string, Claim>()
  /** Clients that held a partition at any time. */
  readonly #holders = new Map<string, Set<string>>()

  constructor(claims: readonly Claim[]) {
    this.#claims = claims
  }

  advanceTo(at: number): void {
    for (let claim = this.#claims[this.#next]; claim && claim.at < at; claim = this.#claims[++this.#next]) {
      if (!this.#newest || this.#newest.generation < claim.generation) this.#newest = claim
      this.#lastOf.set(claim.partition, claim)
      const holders = this.#holders.get(claim.partition)
      if (holders) holders.add(claim.client)
      else this.#holders.set(claim.partition, new Set([claim.client]))
    }
  }

  /** The claim that a commit contradicts. Whoever never held the partition is an administrator, or unknown to us. */
  objectionTo(commit: Commit): Claim | undefined {
    const { operation, partition } = commit
    const generation = generationOf(commit)
    const newest = this.#newest
    if (generation !== undefined) return newest && generation < newest.generation ? newest : undefined
    const last = this.#lastOf.get(partition)
    if (last === undefined || last.client === operation.client) return undefined
    return this.#holders.get(partition)?.has(operation.client) ? last : undefined
  }
}

function generationOf({ operation }: Commit): number | undefined {
  return operation.call.name === 'commitOffsets' ? operation.call.generation : undefined
}
