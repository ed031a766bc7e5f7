/**
 * DescribeAcls (29): the ACLs that match a filter (KIP-140). Without an authorizer there are none to speak of:
 * SECURITY_DISABLED, which tools and MirrorMaker 2 know from Kafka.
 *
 * - 1: patterns (KIP-290); 2: flexible; 3: resources of the type USER (KIP-373)
 */
import type { RequestContext } from '../server/context.ts'
import type { Infer } from '../wire/index.ts'
import { defineApi, ErrorCode, t } from '../wire/index.ts'

/** As Kafka says it. */
export const NO_AUTHORIZER = 'No Authorizer is configured.'

/** Kafka's number of a pattern that is the name itself, word for word. */
export const PATTERN_LITERAL = 3

export const DescribeAclsApi = defineApi({
  key: 29,
  name: 'DescribeAcls',
  versions: [1, 3],
  flexible: 2,
  request: {
    resourceTypeFilter: t.int8(),
    resourceNameFilter: t.string({ nullable: 0 }),
    patternTypeFilter: t.int8({ default: PATTERN_LITERAL }),
    principalFilter: t.string({ nullable: 0 }),
    hostFilter: t.string({ nullable: 0 }),
    operation: t.int8(),
    permissionType: t.int8(),
  },
  response: {
    throttleTimeMs: t.int32(),
    errorCode: t.int16(),
    errorMessage: t.string({ nullable: 0 }),
    resources: t.array({
      resourceType: t.int8(),
      resourceName: t.string(),
      patternType: t.int8({ default: PATTERN_LITERAL }),
      acls: t.array({
        principal: t.string(),
        host: t.string(),
        operation: t.int8(),
        permissionType: t.int8(),
      }),
    }),
  },
})

export type DescribeAclsRequest = Infer<typeof DescribeAclsApi.request>
export type DescribeAclsResponse = Infer<typeof DescribeAclsApi.response>

export function handleDescribeAcls(_: RequestContext, _request: DescribeAclsRequest): DescribeAclsResponse {
  const errorCode = ErrorCode.SECURITY_DISABLED
  return { throttleTimeMs: 0, errorCode, errorMessage: NO_AUTHORIZER, resources: [] }
}
