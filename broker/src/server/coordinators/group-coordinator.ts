import type { ImageChange } from '../../cluster/index.ts'
import type { GroupShard } from '../../coordinators/groups/index.ts'
import { CoordinatorRuntime } from './coordinator-runtime.ts'

/** Groups and committed offsets, kept in `__consumer_offsets`. */
export class GroupCoordinator extends CoordinatorRuntime<GroupShard> {
  topicsDeleted(topics: readonly string[]): void {
    this.tellAll((shard, now) => shard.topicsDeleted(topics, now))
  }

  /** Topics came, went or got partitions: groups that read them may need a new assignment. */
  topicsChanged({ topicsCreated, topicsDeleted, partitionsChanged }: ImageChange): void {
    const names = new Set([...topicsCreated, ...topicsDeleted].map(({ name }) => name))
    for (const { topic } of partitionsChanged) names.add(topic.name)
    if (names.size > 0) this.tellAll((shard, now) => shard.topicsChanged(names, now))
  }
}
