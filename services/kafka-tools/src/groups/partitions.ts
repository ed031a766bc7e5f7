/** Which partitions a command means: `orders` are all of that topic, `orders:0,2` two of them. */
import type { Cluster } from '../client/cluster.ts'
import { ApiException, IllegalArgumentException } from '../client/exceptions.ts'
import type { Partition } from '../client/groups.ts'

export interface MeantPartitions {
  readonly partitions: readonly Partition[]
  /** Topics whose partitions nobody knows. */
  readonly unknownTopics: readonly { readonly topic: string; readonly failure: ApiException }[]
}

export async function meantPartitions(cluster: Cluster, args: readonly string[]): Promise<MeantPartitions> {
  const named = args.filter((arg) => arg.includes(':')).flatMap(parsePartitions)
  const whole = args.filter((arg) => !arg.includes(':'))
  if (whole.length === 0) return { partitions: named, unknownTopics: [] }
  const { topics } = await cluster.metadata(whole, 'describeTopics')
  const partitions = topics.flatMap(({ name, partitions: all }) =>
    all.map(({ partitionIndex }) => ({ topic: name ?? '', partition: partitionIndex })),
  )
  const unknownTopics = topics
    .filter((topic) => topic.partitions.length === 0)
    .map(({ name, errorCode }) => ({ topic: name ?? '', failure: new ApiException(errorCode) }))
  return { partitions: [...named, ...partitions], unknownTopics }
}

function parsePartitions(arg: string): Partition[] {
  const [topic = '', partitions = '', ...more] = arg.split(':')
  if (partitions === '' || more.length > 0) {
    throw new IllegalArgumentException(`Invalid topic arg '${arg}', expected topic name and partitions`)
  }
  return partitions.split(',').map((each) => {
    if (!/^-?\d+$/.test(each)) {
      throw new IllegalArgumentException(`Invalid partition '${each}' specified in topic arg '${arg}''`)
    }
    return { topic, partition: Number(each) }
  })
}
