/** DescribeUserScramCredentials (50): who may log in with SCRAM, by which mechanisms (KIP-554). */
import type { ScramCredentialsView } from '../cluster/index.ts'
import type { RequestContext } from '../server/context.ts'
import type { Infer } from '../wire/index.ts'
import { defineApi, ErrorCode, t } from '../wire/index.ts'

export const DescribeUserScramCredentialsApi = defineApi({
  key: 50,
  name: 'DescribeUserScramCredentials',
  versions: [0, 0],
  flexible: 0,
  request: {
    users: t.array({ name: t.string() }, { nullable: 0 }),
  },
  response: {
    throttleTimeMs: t.int32({ default: 0 }),
    errorCode: t.int16(),
    errorMessage: t.string({ nullable: 0 }),
    results: t.array({
      user: t.string(),
      errorCode: t.int16(),
      errorMessage: t.string({ nullable: 0 }),
      credentialInfos: t.array({ mechanism: t.int8(), iterations: t.int32() }),
    }),
  },
})

export type DescribeUserScramCredentialsRequest = Infer<typeof DescribeUserScramCredentialsApi.request>
export type DescribeUserScramCredentialsResponse = Infer<typeof DescribeUserScramCredentialsApi.response>

/** No users, or an empty list, stands for all of them. */
export function handleDescribeUserScramCredentials(
  { broker }: RequestContext,
  { users }: DescribeUserScramCredentialsRequest,
): DescribeUserScramCredentialsResponse {
  const credentials = broker.cluster.scramCredentials
  const asked = users?.length ? users.map(({ name }) => name) : [...credentials.users()]
  const results = [...new Set(asked)].map((user) => {
    const times = asked.filter((name) => name === user).length
    return describe(credentials, user, times > 1)
  })
  return { throttleTimeMs: 0, errorCode: ErrorCode.NONE, errorMessage: null, results }
}

function describe(credentials: ScramCredentialsView, user: string, isRepeated: boolean) {
  const credentialInfos = credentials.of(user).map(({ mechanism, iterations }) => ({ mechanism, iterations }))
  const failed = (errorCode: number, errorMessage: string) => ({
    ...{ user, errorCode, errorMessage, credentialInfos: [] },
  })
  if (isRepeated) {
    return failed(
      ErrorCode.DUPLICATE_RESOURCE,
      `Cannot describe SCRAM credentials for the same user twice in a single request: ${user}`,
    )
  }
  if (credentialInfos.length === 0) {
    return failed(
      ErrorCode.RESOURCE_NOT_FOUND,
      `Attempt to describe a user credential that does not exist: ${user}`,
    )
  }
  return { user, errorCode: ErrorCode.NONE, errorMessage: null, credentialInfos }
}
