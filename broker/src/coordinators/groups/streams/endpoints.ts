/** Which partitions the members with an endpoint of their own serve: for interactive queries (KIP-1071). */
import type { StreamsGroupHeartbeatResponse } from '../bodies.ts'
import { addTo, eachPartition, type TopicPartitions } from '../target/partitions.ts'
import type { TopicsView } from '../target/topics-view.ts'
import type { StreamsGroup } from './streams-group.ts'

type ByEndpoint = NonNullable<StreamsGroupHeartbeatResponse['partitionsByUserEndpoint']>

export function partitionsByEndpoint(group: StreamsGroup, topics: TopicsView): ByEndpoint {
  return [...group.members.values()].flatMap(({ userEndpoint, assigned }) => {
    if (!userEndpoint) return []
    const activePartitions = partitionsOf(group, topics, assigned.active)
    const standbyPartitions = partitionsOf(group, topics, assigned.standby)
    return [{ userEndpoint, activePartitions, standbyPartitions }]
  })
}

/** A task reads partition n of every topic of its subtopology that has one. */
function partitionsOf(group: StreamsGroup, topics: TopicsView, tasks: TopicPartitions) {
  const byTopic = new Map<string, Set<number>>()
  for (const [subtopologyId, partition] of eachPartition(tasks)) {
    const subtopology = group.topology?.subtopologies.find((each) => each.subtopologyId === subtopologyId)
    const repartition = subtopology?.repartitionSourceTopics.map(({ name }) => name) ?? []
    for (const name of [...(subtopology?.sourceTopics ?? []), ...repartition]) {
      if (partition < (topics.byName(name)?.partitionCount ?? 0)) addTo(byTopic, name, partition)
    }
  }
  return [...byTopic].map(([topic, partitions]) => ({
    topic,
    partitions: [...partitions].sort((a, b) => a - b),
  }))
}
