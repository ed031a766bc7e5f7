/** All faults by name. */
import { bitFlip } from './bit-flip.ts'
import { clientOutage } from './client-outage.ts'
import { clockJump } from './clock.ts'
import { crash } from './crash.ts'
import { crashAll } from './crash-all.ts'
import { delay } from './delay.ts'
import { diskError } from './disk-error.ts'
import { diskFull } from './disk-full.ts'
import type { Fault } from './fault.ts'
import { halfOpen } from './half-open.ts'
import { isolateController, isolateCoordinator, isolateLeader } from './isolate.ts'
import { lyingSync } from './lying-sync.ts'
import { oneWayPartition, partition } from './partition.ts'
import { powerLoss } from './power-loss.ts'
import { reassign } from './reassign.ts'
import { reset } from './reset.ts'
import { rollingRestart } from './rolling-restart.ts'
import { slowDisk } from './slow-disk.ts'
import { stall } from './stall.ts'
import { slowStore, storeOutage } from './store-outage.ts'
import { zoneLoss } from './zone-loss.ts'

export const allFaults: readonly Fault[] = [
  crash,
  crashAll,
  powerLoss,
  lyingSync,
  diskError,
  diskFull,
  bitFlip,
  slowDisk,
  delay,
  reset,
  partition,
  oneWayPartition,
  isolateController,
  isolateLeader,
  isolateCoordinator,
  halfOpen,
  clockJump,
  stall,
  storeOutage,
  slowStore,
  zoneLoss,
  rollingRestart,
  clientOutage,
  reassign,
]

/** The faults of these names. Throws if there is none of a name. */
export function faultsNamed(names: readonly string[]): Fault[] {
  return names.map((name) => {
    const fault = allFaults.find((each) => each.name === name)
    if (fault === undefined)
      throw new Error(`no fault is named ${name}; there are ${allFaults.map((each) => each.name).join(', ')}`)
    return fault
  })
}
