/** AlterClientQuotas (49): sets and removes quotas of users, client ids and addresses (KIP-546). */
import { ErrorCode, KafkaError } from '../../wire/errors.ts'
import type { ClusterView } from '../image-types.ts'
import { entityKey, type QuotaEntity } from '../quotas/client-quotas.ts'
import { checkQuotaValue, quotaKeysOf } from '../quotas/quota-keys.ts'
import type { RecordOf } from '../records.ts'
import { attempt, type Decision, failure, type Outcome, SUCCESS } from './decision.ts'

export interface QuotaOperation {
  readonly key: string
  readonly value: number
  readonly remove: boolean
}

export interface AlterClientQuotasRequest {
  readonly entries: readonly { readonly entity: QuotaEntity; readonly ops: readonly QuotaOperation[] }[]
  readonly validateOnly: boolean
}

export interface AlteredClientQuota extends Outcome {
  readonly entity: QuotaEntity
}

/** Each entity's operations are done all or none. */
export function alterClientQuotas(
  view: ClusterView,
  { entries, validateOnly }: AlterClientQuotasRequest,
): Decision<readonly AlteredClientQuota[]> {
  const seen = new Set<string>()
  const records: RecordOf<'ClientQuota'>[] = []
  const reply = entries.map(({ entity, ops }) =>
    attempt(
      () => {
        const name = entityKey(entity)
        if (seen.has(name)) throw invalid(`Ignoring duplicate entity ${describe(entity)}`)
        seen.add(name)
        records.push(...alterOne(view, entity, ops))
        return { entity, ...SUCCESS }
      },
      (error) => ({ entity, ...failure(error) }),
    ),
  )
  return { records: validateOnly ? [] : records, reply }
}

function alterOne(
  view: ClusterView,
  entity: QuotaEntity,
  ops: readonly QuotaOperation[],
): RecordOf<'ClientQuota'>[] {
  const keys = quotaKeysOf(entity)
  const current = view.clientQuotas.find(entity)
  const changes = new Map<string, number | null>()
  for (const { key, value, remove } of ops) {
    if (changes.has(key)) {
      throw invalid(`Duplicate quota key ${key} not updating quota for this entity ${describe(entity)}`)
    }
    if (!remove) checkQuotaValue(keys, key, value)
    changes.set(key, remove ? null : value)
  }
  return [...changes]
    .filter(([key, value]) => (current?.get(key) ?? null) !== value)
    .map(([key, value]) => ({ type: 'ClientQuota', entity, key, value }))
}

function describe(entity: QuotaEntity): string {
  const parts = entity.map(({ entityType, entityName }) => `${entityType}=${entityName}`)
  return `ClientQuotaEntity(entries={${parts.join(', ')}})`
}

function invalid(message: string): KafkaError {
  return new KafkaError(ErrorCode.INVALID_REQUEST, message)
}
