/**
 * AlterConfigs (33): replaces the whole configuration of a resource (KIP-133); what is not named goes back to
 * its default.
 *
 * - 1: throttling after the response (KIP-219); 2: flexible
 */
import type { RequestContext } from '../server/context.ts'
import type { Infer } from '../wire/index.ts'
import { defineApi, t } from '../wire/index.ts'

export const AlterConfigsApi = defineApi({
  key: 33,
  name: 'AlterConfigs',
  versions: [0, 2],
  flexible: 2,
  request: {
    resources: t.array({
      resourceType: t.int8(),
      resourceName: t.string(),
      configs: t.array({ name: t.string(), value: t.string({ nullable: 0 }) }),
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

export type AlterConfigsRequest = Infer<typeof AlterConfigsApi.request>
export type AlterConfigsResponse = Infer<typeof AlterConfigsApi.response>

/** Replaces all overrides of each resource. */
export async function handleAlterConfigs(
  context: RequestContext,
  { resources, validateOnly }: AlterConfigsRequest,
) {
  const responses = await context.broker.controller.submit('alterConfigs', { resources, validateOnly })
  return { throttleTimeMs: 0, responses }
}
