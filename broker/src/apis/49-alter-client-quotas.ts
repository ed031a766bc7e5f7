/**
 * AlterClientQuotas (49): sets and removes quotas of users, client ids and addresses (KIP-546).
 *
 * - 1: flexible
 */
import type { RequestContext } from '../server/context.ts'
import type { Infer } from '../wire/index.ts'
import { defineApi, t } from '../wire/index.ts'

export const AlterClientQuotasApi = defineApi({
  key: 49,
  name: 'AlterClientQuotas',
  versions: [0, 1],
  flexible: 1,
  request: {
    entries: t.array({
      entity: t.array({ entityType: t.string(), entityName: t.string({ nullable: 0 }) }),
      ops: t.array({ key: t.string(), value: t.float64(), remove: t.bool() }),
    }),
    validateOnly: t.bool(),
  },
  response: {
    throttleTimeMs: t.int32({ default: 0 }),
    entries: t.array({
      errorCode: t.int16(),
      errorMessage: t.string({ nullable: 0 }),
      entity: t.array({ entityType: t.string(), entityName: t.string({ nullable: 0 }) }),
    }),
  },
})

export type AlterClientQuotasRequest = Infer<typeof AlterClientQuotasApi.request>
export type AlterClientQuotasResponse = Infer<typeof AlterClientQuotasApi.response>

export async function handleAlterClientQuotas(
  context: RequestContext,
  { entries, validateOnly }: AlterClientQuotasRequest,
) {
  const altered = await context.broker.controller.submit('alterClientQuotas', { entries, validateOnly })
  const results = altered.map(({ entity, ...outcome }) => ({ ...outcome, entity: [...entity] }))
  return { throttleTimeMs: 0, entries: results }
}
