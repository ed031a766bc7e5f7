import type { GroupShard } from '../../coordinators/groups/index.ts'
import { CoordinatorRuntime } from './coordinator-runtime.ts'

/** Consumer groups and committed offsets, kept in `__consumer_offsets`. */
export class GroupCoordinator extends CoordinatorRuntime<GroupShard> {
  topicsDeleted(topics: readonly string[]): void {
    this.tellAll((shard, nowMs) => shard.topicsDeleted(topics, nowMs))
  }
}
