/** All faults of real processes. */
import type { Fault } from './fault.ts'
import { isolateController, isolateLeader, oneWayPartition, partitionPair } from './networks.ts'
import {
  killAll,
  killAny,
  killController,
  killLeader,
  killLeaderAlone,
  pauseController,
  pauseLeader,
  rollingRestart,
} from './processes.ts'
import { diskFull, storeCut, storeLocked } from './storage.ts'

export type { Fault, FaultContext } from './fault.ts'
export { killLeaderAlone, rollingRestart } from './processes.ts'
export { storeCut } from './storage.ts'

export const deaths: readonly Fault[] = [killLeader, killController, killAny, killAll, killLeaderAlone]
export const pauses: readonly Fault[] = [pauseLeader, pauseController]
export const partitions: readonly Fault[] = [isolateLeader, isolateController, partitionPair, oneWayPartition]
export const disks: readonly Fault[] = [diskFull, storeLocked]
export const allFaults: readonly Fault[] = [
  ...deaths,
  ...pauses,
  ...partitions,
  ...disks,
  storeCut,
  rollingRestart,
]
