/**
 * DescribeClientQuotas (48): the quotas of users, client ids and addresses (KIP-546).
 *
 * - 1: flexible
 */
import { describeClientQuotas } from '../cluster/index.ts'
import type { RequestContext } from '../server/context.ts'
import type { Infer } from '../wire/index.ts'
import { defineApi, ErrorCode, KafkaError, t } from '../wire/index.ts'

export const DescribeClientQuotasApi = defineApi({
  key: 48,
  name: 'DescribeClientQuotas',
  versions: [0, 1],
  flexible: 1,
  request: {
    components: t.array({
      entityType: t.string(),
      matchType: t.int8(),
      match: t.string({ nullable: 0 }),
    }),
    strict: t.bool(),
  },
  response: {
    throttleTimeMs: t.int32({ default: 0 }),
    errorCode: t.int16(),
    errorMessage: t.string({ nullable: 0 }),
    entries: t.array(
      {
        entity: t.array({ entityType: t.string(), entityName: t.string({ nullable: 0 }) }),
        values: t.array({ key: t.string(), value: t.float64() }),
      },
      { nullable: 0 },
    ),
  },
})

export type DescribeClientQuotasRequest = Infer<typeof DescribeClientQuotasApi.request>
export type DescribeClientQuotasResponse = Infer<typeof DescribeClientQuotasApi.response>

export function handleDescribeClientQuotas(
  { broker }: RequestContext,
  { components, strict }: DescribeClientQuotasRequest,
) {
  try {
    const found = describeClientQuotas(broker.cluster.clientQuotas, components, strict)
    const entries = found.map(({ entity, values }) => ({
      entity: [...entity],
      values: [...values].map(([key, value]) => ({ key, value })),
    }))
    return { throttleTimeMs: 0, errorCode: ErrorCode.NONE, errorMessage: null, entries }
  } catch (error) {
    if (!(error instanceof KafkaError)) throw error
    return { throttleTimeMs: 0, errorCode: error.code, errorMessage: error.message, entries: null }
  }
}
