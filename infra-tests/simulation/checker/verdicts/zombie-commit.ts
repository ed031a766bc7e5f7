/**
 * zombie-commit: a commit of an earlier generation was accepted, though it was sent after a member had been given
 * its partitions in a later one: the coordinator has to answer ILLEGAL_GENERATION (classic protocol).
 */
import type { Claim, Commit } from '../model/types.ts'
import type { VerdictCheck } from '../verdict.ts'

export const zombieCommit: VerdictCheck = {
  name: 'zombie-commit',
  meaning: 'a commit of an earlier generation was accepted',
  find(model, report) {
    for (const { name, claims, commits } of model.groups.values()) {
      let newest: Claim | undefined
      let next = 0
      for (const commit of commits) {
        const { operation, partition } = commit
        for (let claim = claims[next]; claim && claim.at < operation.invokedAt; claim = claims[next]) {
          if (!newest || newest.generation < claim.generation) newest = claim
          next++
        }
        const generation = generationOf(commit)
        const holder = newest
        if (generation === undefined || operation.outcome !== 'ok' || !holder) continue
        if (generation >= holder.generation) continue
        report(`${name} ${partition}`, [holder.at, operation.invokedAt, operation.completedAt], () => {
          const later = `${holder.client} was in generation ${holder.generation} (#${holder.at})`
          return `${later} before ${operation.client} committed in generation ${generation} (#${operation.completedAt}).`
        })
      }
    }
  },
}

function generationOf({ operation }: Commit): number | undefined {
  return operation.call.name === 'commitOffsets' ? operation.call.generation : undefined
}
