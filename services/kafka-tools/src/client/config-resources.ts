/** ListConfigResources (KIP-1142), which the client library does not have: the names that something was set for. */
import { createAPI, type Reader, Writer } from '@platformatic/kafka'
import { ask, type Cluster } from './cluster.ts'
import type { ResourceType } from './configs.ts'
import { check } from './exceptions.ts'

interface Answer {
  readonly errorCode: number
  readonly resources: readonly { readonly name: string; readonly type: number }[]
}

const listConfigResourcesV1 = createAPI<[types: readonly number[]], Answer>(
  74,
  1,
  (types: readonly number[]) =>
    Writer.create()
      .appendArray([...types], (writer, type) => writer.appendInt8(type), true, false)
      .appendTaggedFields(),
  (_correlationId, _apiKey, _apiVersion, reader: Reader) => {
    reader.readInt32() // the time for which the client is throttled
    return {
      errorCode: reader.readInt16(),
      resources: reader.readArray((each) => ({ name: each.readString(), type: each.readInt8() })),
    }
  },
)

export async function listConfigResources(cluster: Cluster, type: ResourceType): Promise<string[]> {
  const connection = await cluster.anyBroker('listConfigResources')
  const { errorCode, resources } = await ask(listConfigResourcesV1, connection, [type])
  check(errorCode)
  return resources.map(({ name }) => name).sort()
}
