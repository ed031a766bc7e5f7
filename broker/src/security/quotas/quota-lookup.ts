/** Which quota holds for a user and client id, in Kafka's order of precedence. */
import type { ClientQuotasView, QuotaEntityPart, QuotaKey } from '../../cluster/index.ts'

export interface FoundQuota {
  readonly limit: number
  /** Requests with the same scope share the quota. */
  readonly scope: string
}

const DEFAULT = null

/** The most specific quota that is set: user and client id, then user, then client id, names before defaults. */
export function findQuota(
  quotas: ClientQuotasView,
  key: QuotaKey,
  user: string,
  clientId: string,
): FoundQuota | undefined {
  for (const [userName, clientName] of [
    [user, clientId],
    [user, DEFAULT],
    [user, undefined],
    [DEFAULT, clientId],
    [DEFAULT, DEFAULT],
    [DEFAULT, undefined],
    [undefined, clientId],
    [undefined, DEFAULT],
  ] as const) {
    const limit = quotas.find(entityOf(userName, clientName))?.get(key)
    if (limit === undefined) continue
    const scope = [userName === undefined ? null : user, clientName === undefined ? null : clientId]
    return { limit, scope: JSON.stringify(scope) }
  }
  return undefined
}

function entityOf(user: string | null | undefined, clientId: string | null | undefined): QuotaEntityPart[] {
  const parts: QuotaEntityPart[] = []
  if (user !== undefined) parts.push({ entityType: 'user', entityName: user })
  if (clientId !== undefined) parts.push({ entityType: 'client-id', entityName: clientId })
  return parts
}
