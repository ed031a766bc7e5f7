import { decodeMarker } from '../../wire/index.ts'
import { recordsCountOf } from '../batches/batch.ts'
import type { MarkerKind } from './transactions.ts'

/** What a control batch says. One that lost its record to a cleaning has said it. */
export function markerKindOf(batch: Buffer): MarkerKind {
  if (recordsCountOf(batch, 0) === 0) return 'cleaned'
  const marker = decodeMarker(batch, 0)
  if (marker === undefined) return 'other'
  return marker.isCommit ? 'commit' : 'abort'
}
