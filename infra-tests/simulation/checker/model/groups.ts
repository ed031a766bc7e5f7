/** Consumer groups: committed offsets as registers, and who held which partition. */
import {
  type Acknowledgement,
  type CommitOffsetsCall,
  type FetchOffsetsCall,
  HistoryError,
  type NoticeBody,
} from '../history.ts'
import type { Building } from './build.ts'
import { getOrAdd } from './get-or-add.ts'
import type { Operation } from './types.ts'

type Assigned = Extract<NoticeBody, { name: 'assigned' }>

export class Membership {
  readonly #building: Building
  readonly #owned = new Map<string, Set<string>>()

  constructor(building: Building) {
    this.#building = building
  }

  invokeCommit(operation: Operation, call: CommitOffsetsCall): void {
    const { commits } = this.#building.group(call.group)
    const { transactions } = this.#building.model
    const transaction = call.transaction === undefined ? undefined : transactions.get(call.transaction)
    for (const [partition, offset] of Object.entries(call.offsets))
      commits.push({ operation, partition, offset, transaction })
  }

  /** What a member keeps from the generation before, it holds in this one too. */
  assign(client: string, notice: Assigned, askedAt: number, at: number): void {
    const owned = getOrAdd(this.#owned, client, () => new Set())
    for (const partition of Object.keys(notice.partitions)) owned.add(partition)
    if (notice.group === undefined) return
    const group = this.#building.group(notice.group)
    for (const [partition, offset] of Object.entries(notice.partitions)) {
      if (offset !== null)
        group.fetches.push({ client, partition, offset, invokedAt: askedAt, completedAt: at })
    }
    if (notice.generation === undefined) return
    for (const partition of owned) group.claims.push({ client, partition, generation: notice.generation, at })
  }

  revoke(client: string, partitions: readonly string[]): void {
    for (const partition of partitions) this.#owned.get(client)?.delete(partition)
  }

  crash(client: string): void {
    this.#owned.delete(client)
  }
}

export function addFetch(
  building: Building,
  operation: Operation,
  call: FetchOffsetsCall,
  { offsets }: Acknowledgement,
  at: number,
): void {
  if (!offsets) throw new HistoryError(`event ${at} completes fetchOffsets without offsets`)
  const { fetches } = building.group(call.group)
  const { client, invokedAt } = operation
  for (const [partition, offset] of Object.entries(offsets))
    fetches.push({ client, partition, offset, invokedAt, completedAt: at })
}
