/** All faults by name. */
import { bitFlip } from './bit-flip.ts'
import { clientCrash } from './client-crash.ts'
import { clientOutage } from './client-outage.ts'
import { clockJump } from './clock.ts'
import { clockStrobe } from './clock-strobe.ts'
import { crash } from './crash.ts'
import { crashAll } from './crash-all.ts'
import { delay } from './delay.ts'
import { diskError } from './disk-error.ts'
import { diskFull } from './disk-full.ts'
import { diskReplaced } from './disk-replaced.ts'
import type { Fault } from './fault.ts'
import { fragments } from './fragments.ts'
import { halfOpen } from './half-open.ts'
import { indexLoss } from './index-loss.ts'
import { controllerLost, isolateController, isolateCoordinator, isolateLeader } from './isolate.ts'
import { laggingFollower } from './lagging-follower.ts'
import { lastOneLosesItsDisk, lastOneLosesPower } from './last-one.ts'
import { leftBehind } from './left-behind.ts'
import { logOffline } from './log-offline.ts'
import { longStoreOutage } from './long-store-outage.ts'
import { lyingSync } from './lying-sync.ts'
import { memberCut } from './member-cut.ts'
import { addBroker, decommission } from './membership.ts'
import { misdirectedWrite } from './misdirected-write.ts'
import { oneWayPartition, partition } from './partition.ts'
import { powerLoss } from './power-loss.ts'
import { reassign } from './reassign.ts'
import { reset } from './reset.ts'
import { controllerStorm, restartLoop } from './restart-loop.ts'
import { rollingRestart } from './rolling-restart.ts'
import { slowDisk } from './slow-disk.ts'
import { stall } from './stall.ts'
import { slowStore, storeCut, storeOutage } from './store-outage.ts'
import { zoneCut } from './zone-cut.ts'
import { zoneLoss } from './zone-loss.ts'

export const allFaults: readonly Fault[] = [
  crash,
  crashAll,
  leftBehind,
  laggingFollower,
  restartLoop,
  controllerStorm,
  powerLoss,
  lastOneLosesPower,
  lastOneLosesItsDisk,
  lyingSync,
  diskError,
  logOffline,
  diskFull,
  diskReplaced,
  misdirectedWrite,
  bitFlip,
  indexLoss,
  slowDisk,
  delay,
  reset,
  fragments,
  partition,
  oneWayPartition,
  isolateController,
  controllerLost,
  isolateLeader,
  isolateCoordinator,
  halfOpen,
  zoneCut,
  clockJump,
  clockStrobe,
  stall,
  storeOutage,
  storeCut,
  longStoreOutage,
  slowStore,
  zoneLoss,
  rollingRestart,
  clientOutage,
  memberCut,
  clientCrash,
  reassign,
  addBroker,
  decommission,
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
