/**
 * AlterUserScramCredentials (51): sets and removes SCRAM credentials (KIP-554). The client salts and hashes the
 * password; what is kept are the keys that follow from that, as in Kafka.
 */
import { ScramMechanism } from '../cluster/index.ts'
import { scramKeys } from '../runtime/scram-keys.ts'
import type { RequestContext } from '../server/context.ts'
import type { Infer } from '../wire/index.ts'
import { defineApi, t } from '../wire/index.ts'

export const AlterUserScramCredentialsApi = defineApi({
  key: 51,
  name: 'AlterUserScramCredentials',
  versions: [0, 0],
  flexible: 0,
  request: {
    deletions: t.array({ name: t.string(), mechanism: t.int8() }),
    upsertions: t.array({
      name: t.string(),
      mechanism: t.int8(),
      iterations: t.int32(),
      salt: t.bytes(),
      saltedPassword: t.bytes(),
    }),
  },
  response: {
    throttleTimeMs: t.int32({ default: 0 }),
    results: t.array({
      user: t.string(),
      errorCode: t.int16(),
      errorMessage: t.string({ nullable: 0 }),
    }),
  },
})

export type AlterUserScramCredentialsRequest = Infer<typeof AlterUserScramCredentialsApi.request>
export type AlterUserScramCredentialsResponse = Infer<typeof AlterUserScramCredentialsApi.response>

export async function handleAlterUserScramCredentials(
  { broker }: RequestContext,
  { deletions, upsertions }: AlterUserScramCredentialsRequest,
) {
  const credentials = upsertions.map(({ name, mechanism, iterations, salt, saltedPassword }) => {
    const hash = mechanism === ScramMechanism.SCRAM_SHA_512 ? 'sha512' : 'sha256'
    return {
      ...{ name, mechanism, iterations, salt: salt.toString('base64') },
      ...scramKeys(hash, saltedPassword),
    }
  })
  const request = { deletions, upsertions: credentials }
  const results = await broker.controller.submit('alterScramCredentials', request)
  return { throttleTimeMs: 0, results: [...results] }
}
