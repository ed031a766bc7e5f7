/** `kafka-consumer-groups --delete-offsets`: forgets what a group committed for topics or partitions. */
import { offsetDeleteV0 } from '@platformatic/kafka'
import { ask, type Cluster } from '../client/cluster.ts'
import { ApiException, JavaException } from '../client/exceptions.ts'
import type { Partition } from '../client/groups.ts'
import type { ParsedOptions } from '../command-line/parsed-options.ts'
import { columns } from '../command-line/text.ts'
import type { Terminal } from '../tool.ts'
import { byTopicAndPartition } from './describe-groups.ts'
import { meantPartitions } from './partitions.ts'
import { printError } from './print-error.ts'

interface Result extends Partition {
  readonly failure: ApiException | undefined
}

const MISSING = '-'
const PLAIN = ['INVALID_GROUP_ID', 'GROUP_ID_NOT_FOUND', 'GROUP_AUTHORIZATION_FAILED', 'NON_EMPTY_GROUP']
const PER_PARTITION = [
  'GROUP_SUBSCRIBED_TO_TOPIC',
  'TOPIC_AUTHORIZATION_FAILED',
  'UNKNOWN_TOPIC_OR_PARTITION',
]
const TOPIC_WIDTH = 15

export async function deleteOffsets(
  cluster: Cluster,
  options: ParsedOptions,
  terminal: Terminal,
): Promise<void> {
  const groupId = options.value('group') ?? ''
  const { partitions, unknownTopics } = await meantPartitions(cluster, options.values('topic'))
  const results = await deleteFrom(cluster, groupId, partitions)
  const first = results.find(({ failure }) => failure !== undefined)?.failure
  if (first === undefined) {
    terminal.output.write(`Request succeeded for deleting offsets from group ${groupId}.\n`)
  } else if (PLAIN.includes(first.error)) {
    printError(terminal, new ApiException(first.code).message)
  } else if (PER_PARTITION.includes(first.error)) {
    printError(terminal, 'Encountered some partition-level error, see the follow-up details.')
  } else {
    printError(terminal, `Encountered some unknown error: ${first.error}`)
  }
  const rows = [...results, ...unknownTopics.map(({ topic, failure }) => ({ topic, partition: -1, failure }))]
  const widths = [Math.max(TOPIC_WIDTH, ...rows.map(({ topic }) => topic.length)), 10, 15]
  const line = (cells: (string | number)[]) => terminal.output.write(`\n${columns(cells, widths)}`)
  line(['TOPIC', 'PARTITION', 'STATUS'])
  for (const { topic, partition, failure } of rows.sort(byTopicAndPartition)) {
    line([
      topic,
      partition < 0 ? MISSING : partition,
      failure === undefined ? 'Successful' : `Error: ${failure}`,
    ])
  }
  terminal.output.write('\n')
}

async function deleteFrom(
  cluster: Cluster,
  groupId: string,
  partitions: readonly Partition[],
): Promise<Result[]> {
  const topics = [...Map.groupBy(partitions, ({ topic }) => topic)].map(([name, own]) => ({
    name,
    partitions: own.map(({ partition }) => ({ partitionIndex: partition })),
  }))
  const failed = (error: unknown): Result[] => {
    if (!(error instanceof JavaException)) throw error
    if (!(error instanceof ApiException)) throw error
    return partitions.map((each) => ({ ...each, failure: error }))
  }
  return cluster
    .withCoordinator(groupId, 'deleteConsumerGroupOffsets', async (connection) => {
      const answer = await ask(offsetDeleteV0.api, connection, groupId, topics)
      if (answer.errorCode !== 0) throw new ApiException(answer.errorCode)
      return answer.topics.flatMap(({ name, partitions: own }) =>
        own.map(({ partitionIndex, errorCode }) => ({
          topic: name,
          partition: partitionIndex,
          failure: errorCode === 0 ? undefined : new ApiException(errorCode),
        })),
      )
    })
    .catch(failed)
}
