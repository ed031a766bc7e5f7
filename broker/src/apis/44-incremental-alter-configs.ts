/**
 * IncrementalAlterConfigs (44): changes single values of a configuration: SET 0, DELETE 1, APPEND 2, SUBTRACT
 * 3 (KIP-339).
 *
 * - 1: flexible
 */
import type { AlteredResource } from '../cluster/index.ts'
import type { RequestContext } from '../server/context.ts'
import type { Infer } from '../wire/index.ts'
import { defineApi, t } from '../wire/index.ts'
import { alterLoggers, BROKER_LOGGER } from './broker-loggers.ts'

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

/** Loggers belong to one broker, and the controller knows nothing of them (KIP-412). */
export function altersLoggersOnly({ resources }: IncrementalAlterConfigsRequest): boolean {
  return resources.length > 0 && resources.every(isLogger)
}

/** Sets, removes, appends to or subtracts from single configurations (KIP-339). */
export async function handleIncrementalAlterConfigs(
  { broker }: RequestContext,
  { resources, validateOnly }: IncrementalAlterConfigsRequest,
) {
  const { loggers, config, controller } = broker
  const ofLoggers = resources.filter(isLogger)
  const others = resources.filter((resource) => !isLogger(resource))
  const altered: AlteredResource[] = alterLoggers(loggers, config.nodeId, ofLoggers, validateOnly)
  if (others.length > 0) {
    altered.push(...(await controller.submit('incrementalAlterConfigs', { resources: others, validateOnly })))
  }
  return { throttleTimeMs: 0, responses: altered }
}

function isLogger({ resourceType }: { resourceType: number }): boolean {
  return resourceType === BROKER_LOGGER
}
