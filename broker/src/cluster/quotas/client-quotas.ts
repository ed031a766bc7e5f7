/** Client quotas (KIP-546) as the cluster's metadata has them: for each entity the values that were set. */
import type { RecordOf } from '../records.ts'

export const QuotaEntityType = { USER: 'user', CLIENT_ID: 'client-id', IP: 'ip' } as const
export type QuotaEntityType = (typeof QuotaEntityType)[keyof typeof QuotaEntityType]

/** One part of an entity; the null name is the default of its type. */
export type QuotaEntityPart = RecordOf<'ClientQuota'>['entity'][number]
export type QuotaEntity = readonly QuotaEntityPart[]

export interface ClientQuota {
  readonly entity: QuotaEntity
  readonly values: ReadonlyMap<string, number>
}

/** What the cluster's metadata tells of client quotas. */
export interface ClientQuotasView {
  readonly size: number
  all(): IterableIterator<ClientQuota>
  find(entity: QuotaEntity): ReadonlyMap<string, number> | undefined
}

export class ClientQuotas implements ClientQuotasView {
  readonly #quotas = new Map<string, { readonly entity: QuotaEntity; readonly values: Map<string, number> }>()

  get size(): number {
    return this.#quotas.size
  }

  all(): IterableIterator<ClientQuota> {
    return this.#quotas.values()
  }

  find(entity: QuotaEntity): ReadonlyMap<string, number> | undefined {
    return this.#quotas.get(entityKey(entity))?.values
  }

  apply({ entity, key, value }: RecordOf<'ClientQuota'>): void {
    const name = entityKey(entity)
    const quota = this.#quotas.get(name) ?? { entity, values: new Map<string, number>() }
    if (value === null) quota.values.delete(key)
    else quota.values.set(key, value)
    if (quota.values.size === 0) this.#quotas.delete(name)
    else this.#quotas.set(name, quota)
  }

  *toRecords(): Generator<RecordOf<'ClientQuota'>> {
    for (const { entity, values } of this.#quotas.values()) {
      for (const [key, value] of values) yield { type: 'ClientQuota', entity, key, value }
    }
  }
}

/** Equal for the same parts in any order. */
export function entityKey(entity: QuotaEntity): string {
  const parts = entity.map(({ entityType, entityName }) => [entityType, entityName])
  return JSON.stringify(parts.sort((one, other) => (String(one[0]) < String(other[0]) ? -1 : 1)))
}
