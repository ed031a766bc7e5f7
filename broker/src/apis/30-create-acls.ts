/**
 * CreateAcls (30): adds ACLs (KIP-140). Refused while there is no authorizer that would heed them.
 *
 * - 1: patterns (KIP-290); 2: flexible; 3: resources of the type USER (KIP-373)
 */
import type { RequestContext } from '../server/context.ts'
import type { Infer } from '../wire/index.ts'
import { defineApi, ErrorCode, t } from '../wire/index.ts'
import { NO_AUTHORIZER, PATTERN_LITERAL } from './29-describe-acls.ts'

export const CreateAclsApi = defineApi({
  key: 30,
  name: 'CreateAcls',
  versions: [1, 3],
  flexible: 2,
  request: {
    creations: t.array({
      resourceType: t.int8(),
      resourceName: t.string(),
      resourcePatternType: t.int8({ default: PATTERN_LITERAL }),
      principal: t.string(),
      host: t.string(),
      operation: t.int8(),
      permissionType: t.int8(),
    }),
  },
  response: {
    throttleTimeMs: t.int32(),
    results: t.array({ errorCode: t.int16(), errorMessage: t.string({ nullable: 0 }) }),
  },
})

export type CreateAclsRequest = Infer<typeof CreateAclsApi.request>
export type CreateAclsResponse = Infer<typeof CreateAclsApi.response>

export function handleCreateAcls(_: RequestContext, { creations }: CreateAclsRequest): CreateAclsResponse {
  const refusal = { errorCode: ErrorCode.SECURITY_DISABLED, errorMessage: NO_AUTHORIZER }
  return { throttleTimeMs: 0, results: creations.map(() => refusal) }
}
