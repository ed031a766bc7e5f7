/**
 * stuck-client: after the faults were over, an operation took longer than the bound or never completed, or none of a
 * client's operations succeeded, though it had as much time. Clients that died are not waited for.
 */
import type { VerdictCheck } from '../verdict.ts'

export const stuckClient: VerdictCheck = {
  name: 'stuck-client',
  meaning: 'a client did not progress after the faults were over',
  find(model, report, { livenessMs }) {
    if (model.healedAt < 0) return
    const healedAtMs = model.history[model.healedAt]?.atMs ?? 0
    const relevant = model.operations.filter(({ client, abandoned, invokedAt, completedAtMs }) => {
      const died = abandoned || invokedAt < (model.crashes.get(client) ?? -1)
      return !died && completedAtMs >= healedAtMs
    })
    for (const operation of relevant) {
      const { client, call, invokedAt, invokedAtMs, completedAtMs } = operation
      const tookMs = Math.min(completedAtMs, model.endAtMs) - Math.max(invokedAtMs, healedAtMs)
      if (tookMs <= livenessMs) continue
      report(client, [model.healedAt, invokedAt, operation.completedAt], () => {
        const end = Number.isFinite(completedAtMs)
          ? `took ${tookMs} ms`
          : `had no answer ${tookMs} ms later, at the end`
        return `${call.name} of #${invokedAt} ${end}, counted from the healing; ${livenessMs} ms are the limit.`
      })
    }
    if (model.endAtMs - healedAtMs <= livenessMs) return
    for (const [client, operations] of Map.groupBy(relevant, (operation) => operation.client)) {
      const first = operations.find(({ invokedAt }) => invokedAt > model.healedAt)
      if (!first || operations.some(({ outcome }) => outcome === 'ok')) continue
      if (operations.every(({ outcome }) => outcome === 'pending')) continue
      report(client, [model.healedAt, first.invokedAt], () => {
        return `None of its ${operations.length} operations after the healing in #${model.healedAt} succeeded.`
      })
    }
  },
}
