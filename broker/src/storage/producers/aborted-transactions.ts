/** One aborted transaction of a log, as `.txnindex` keeps it and a fetch with read_committed is told of it (KIP-98). */
export interface AbortedTransaction {
  readonly producerId: number
  readonly firstOffset: number
  /** Of the marker that ended it. */
  readonly lastOffset: number
  /** The last stable offset once that marker is committed. */
  readonly lastStableOffset: number
}
