import type { Operation, OperationRecord, OperationType } from '../../model/operation.ts'
import type { PastChange } from '../autoscaler/decide.ts'

/**
 * What cool-down and hysteresis rest on are the operations themselves, whoever began them and however they ended: they
 * survive every restart, and an operator's change counts like the autoscaler's own.
 */
export function pastChanges(records: readonly OperationRecord[]): PastChange[] {
  return records
    .flatMap(({ operation }): PastChange[] => {
      const direction = DIRECTIONS[operation.operationType]
      return direction === undefined ? [] : [{ atMs: endOf(operation), direction }]
    })
    .sort((one, other) => one.atMs - other.atMs)
}

/** When volumes grew last. */
export function lastGrowthMs(records: readonly OperationRecord[]): number | undefined {
  const growths = records.filter(({ operation }) => GROWTHS.has(operation.operationType))
  return growths.length === 0 ? undefined : Math.max(...growths.map(({ operation }) => endOf(operation)))
}

const DIRECTIONS: Partial<Record<OperationType, PastChange['direction']>> = {
  INCREASE_BROKER_COUNT: 'OUT',
  DECREASE_BROKER_COUNT: 'IN',
}
const GROWTHS: ReadonlySet<OperationType> = new Set(['UPDATE_BROKER_STORAGE', 'UPDATE_STORAGE'])

function endOf({ startTime, endTime }: Operation): number {
  return Date.parse(endTime ?? startTime)
}
