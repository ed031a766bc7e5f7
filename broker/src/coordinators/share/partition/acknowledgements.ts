/** What a member says of its records, as it comes. */
import { ErrorCode, KafkaError } from '../../../wire/index.ts'
import { AcknowledgeType } from '../delivery.ts'

export interface AcknowledgementBatch {
  readonly firstOffset: number
  readonly lastOffset: number
  /** One for all offsets, or one for each. */
  readonly acknowledgeTypes: readonly number[]
}

/** Throws INVALID_REQUEST; batches come in order, without overlap. */
export function checkBatch(
  { firstOffset, lastOffset, acknowledgeTypes }: AcknowledgementBatch,
  previous: number,
): void {
  const count = lastOffset - firstOffset + 1
  const hasTypes = acknowledgeTypes.length === 1 || acknowledgeTypes.length === count
  if (firstOffset <= previous || count < 1 || !hasTypes) {
    throw new KafkaError(ErrorCode.INVALID_REQUEST, 'The acknowledgement batches are not well formed.')
  }
  if (acknowledgeTypes.some((type) => type < AcknowledgeType.GAP || type > AcknowledgeType.RENEW)) {
    throw new KafkaError(ErrorCode.INVALID_REQUEST, 'An acknowledge type is unknown.')
  }
}

/** Calls with each run of offsets of one type, from `from` on. */
export function forEachType(
  { firstOffset, lastOffset, acknowledgeTypes }: AcknowledgementBatch,
  from: number,
  call: (first: number, last: number, type: number) => void,
): void {
  const [only] = acknowledgeTypes
  if (acknowledgeTypes.length === 1 && only !== undefined) {
    if (lastOffset >= from) call(Math.max(firstOffset, from), lastOffset, only)
    return
  }
  let at = Math.max(firstOffset, from)
  while (at <= lastOffset) {
    const type = acknowledgeTypes[at - firstOffset] as number
    let last = at
    while (last < lastOffset && acknowledgeTypes[last + 1 - firstOffset] === type) last++
    call(at, last, type)
    at = last + 1
  }
}
