import type { FetchApi, FetchResponse } from '../../apis/01-fetch.ts'
import type { ListOffsetsApi, ListOffsetsResponse } from '../../apis/02-list-offsets.ts'
import type { Draft } from '../../wire/index.ts'

export type FetchDraft = Draft<typeof FetchApi.request>
export type ListOffsetsDraft = Draft<typeof ListOffsetsApi.request>

/** A follower's connection to the broker that leads its partitions. Requests reject when it breaks or is closed. */
export interface LeaderConnection {
  /** One at a time. */
  fetch(request: FetchDraft): Promise<FetchResponse>
  /** All of the last answer is taken over: the memory behind it may be used again. */
  taken(): void
  listOffsets(request: ListOffsetsDraft): Promise<ListOffsetsResponse>
  close(): void
}
