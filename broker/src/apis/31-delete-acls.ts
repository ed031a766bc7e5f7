/**
 * DeleteAcls (31): removes the ACLs that match filters (KIP-140). Refused while there is no authorizer.
 *
 * - 1: patterns (KIP-290); 2: flexible; 3: resources of the type USER (KIP-373)
 */
import type { RequestContext } from '../server/context.ts'
import type { Infer } from '../wire/index.ts'
import { defineApi, ErrorCode, t } from '../wire/index.ts'
import { NO_AUTHORIZER, PATTERN_LITERAL } from './29-describe-acls.ts'

export const DeleteAclsApi = defineApi({
  key: 31,
  name: 'DeleteAcls',
  versions: [1, 3],
  flexible: 2,
  request: {
    filters: t.array({
      resourceTypeFilter: t.int8(),
      resourceNameFilter: t.string({ nullable: 0 }),
      patternTypeFilter: t.int8({ default: PATTERN_LITERAL }),
      principalFilter: t.string({ nullable: 0 }),
      hostFilter: t.string({ nullable: 0 }),
      operation: t.int8(),
      permissionType: t.int8(),
    }),
  },
  response: {
    throttleTimeMs: t.int32(),
    filterResults: t.array({
      errorCode: t.int16(),
      errorMessage: t.string({ nullable: 0 }),
      matchingAcls: t.array({
        errorCode: t.int16(),
        errorMessage: t.string({ nullable: 0 }),
        resourceType: t.int8(),
        resourceName: t.string(),
        patternType: t.int8({ default: PATTERN_LITERAL }),
        principal: t.string(),
        host: t.string(),
        operation: t.int8(),
        permissionType: t.int8(),
      }),
    }),
  },
})

export type DeleteAclsRequest = Infer<typeof DeleteAclsApi.request>
export type DeleteAclsResponse = Infer<typeof DeleteAclsApi.response>

export function handleDeleteAcls(_: RequestContext, { filters }: DeleteAclsRequest): DeleteAclsResponse {
  const refusal = {
    errorCode: ErrorCode.SECURITY_DISABLED,
    errorMessage: NO_AUTHORIZER,
    matchingAcls: [],
  }
  return { throttleTimeMs: 0, filterResults: filters.map(() => refusal) }
}
