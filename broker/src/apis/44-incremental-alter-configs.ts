/**
 * IncrementalAlterConfigs (44): changes single values of a configuration: SET 0, DELETE 1, APPEND 2, SUBTRACT
 * 3 (KIP-339).
 *
 * - 1: flexible
 */
import type { RequestContext } from '../server/context.ts'
import type { Infer } from '../wire/index.ts'
import { defineApi, t } from '../wire/index.ts'

export const IncrementalAlterConfigsApi = defineApi({
  key: 44,
  name: 'IncrementalAlterConfigs',
  versions: [0, 1],
  flexible: 1,
  request: {
    resources: t.array({
      resourceType: t.int8(),
      resourceName: t.string(),
      configs: t.array({
        name: t.string(),
        configOperation: t.int8(),
        value: t.string({ nullable: 0 }),
      }),
    }),
    validateOnly: t.bool(),
  },
  response: {
    throttleTimeMs: t.int32({ default: 0 }),
    responses: t.array({
      errorCode: t.int16(),
      errorMessage: t.string({ nullable: 0 }),
      resourceType: t.int8(),
      resourceName: t.string(),
    }),
  },
})

export type IncrementalAlterConfigsRequest = Infer<typeof IncrementalAlterConfigsApi.request>
export type IncrementalAlterConfigsResponse = Infer<typeof IncrementalAlterConfigsApi.response>

/** Sets, removes, appends to or subtracts from single configurations (KIP-339). */
export async function handleIncrementalAlterConfigs(
  context: RequestContext,
  { resources, validateOnly }: IncrementalAlterConfigsRequest,
) {
  const responses = await context.broker.controller.submit('incrementalAlterConfigs', {
    resources,
    validateOnly,
  })
  return { throttleTimeMs: 0, responses }
}
