/** The states of a record within a share group, as they are kept and sent (KIP-932). */
export const DeliveryState = { AVAILABLE: 0, ACQUIRED: 1, ACKNOWLEDGED: 2, ARCHIVED: 4 } as const
export type DeliveryState = (typeof DeliveryState)[keyof typeof DeliveryState]

/** What a consumer says of a record; a gap is an offset that had none. */
export const AcknowledgeType = { GAP: 0, ACCEPT: 1, RELEASE: 2, REJECT: 3, RENEW: 4 } as const

/** Offsets from `firstOffset` to `lastOffset` that share their state. */
export interface StateBatch {
  readonly firstOffset: number
  readonly lastOffset: number
  readonly deliveryState: number
  readonly deliveryCount: number
}

/** Nothing becomes of the record any more. */
export function isFinal(state: number): boolean {
  return state === DeliveryState.ACKNOWLEDGED || state === DeliveryState.ARCHIVED
}
