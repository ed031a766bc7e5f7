/** Share groups: who acquired which records, and what became of them. */
import type { Acknowledgement, Failure, ShareAcknowledgeCall, ShareFetchCall } from '../history.ts'
import { HistoryError } from '../history.ts'
import { getOrAdd } from './get-or-add.ts'
import type { Model, Operation, Share } from './types.ts'

export function shareOf(model: Model, group: string, partition: string): Share {
  return getOrAdd(model.shares, `${group} ${partition}`, () => ({
    group,
    partition,
    acquisitions: [],
    acknowledgements: [],
    unansweredFetches: 0,
    startOffset: -1,
    startToldAt: -1,
  }))
}

/** Until its answer comes nobody knows what it acquired. */
export function invokeShareFetch(model: Model, { group, partitions }: ShareFetchCall): void {
  for (const partition of partitions) shareOf(model, group, partition).unansweredFetches++
}

export function addAcquisitions(
  model: Model,
  operation: Operation,
  { group, partitions }: ShareFetchCall,
  { acquired }: Acknowledgement,
  at: number,
): void {
  if (!acquired) throw new HistoryError(`event ${at} completes shareFetch without what was acquired`)
  for (const partition of partitions) shareOf(model, group, partition).unansweredFetches--
  for (const [partition, ranges] of Object.entries(acquired)) {
    const { acquisitions } = shareOf(model, group, partition)
    for (const [first, last, deliveryCount, leaderEpoch] of ranges)
      acquisitions.push({ operation, first, last, deliveryCount, leaderEpoch })
  }
}

export function addShareAcknowledgement(
  model: Model,
  operation: Operation,
  call: ShareAcknowledgeCall,
  event: Acknowledgement | Failure,
): void {
  const isRefused = event.type === 'fail' && event.error === 'INVALID_RECORD_STATE'
  shareOf(model, call.group, call.partition).acknowledgements.push({ operation, call, isRefused })
}
