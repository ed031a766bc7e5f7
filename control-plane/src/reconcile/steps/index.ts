import { activated, restored, updated } from '../../model/cluster.ts'
import { newCurrentVersion } from '../../model/identifiers.ts'
import type { StepName } from '../../model/operation-steps.ts'
import { configurationSteps } from './configuration.ts'
import { healingSteps } from './healing.ts'
import { hostSteps } from './hosts.ts'
import { maintenanceSteps } from './maintenance.ts'
import { partitionSteps } from './partitions.ts'
import { rollingSteps } from './rolling.ts'
import type { Step } from './step.ts'
import { unitSteps } from './units.ts'

/** Every step by its name; their order in each operation is in model/operation-steps.ts. */
export const steps: Record<StepName, Step> = {
  ...hostSteps,
  ...unitSteps,
  ...partitionSteps,
  ...rollingSteps,
  ...configurationSteps,
  ...healingSteps,
  ...maintenanceSteps,

  ACTIVATE: {
    async run() {
      return { kind: 'DONE', change: activated }
    },
  },

  /** MSK shows it first; the request itself has recorded all that there is to initialize. */
  INITIALIZE_UPDATE: {
    async run() {
      return { kind: 'DONE' }
    },
  },

  FINALIZE_UPDATE: {
    async run() {
      const currentVersion = newCurrentVersion()
      return { kind: 'DONE', change: (newest) => updated(newest, currentVersion) }
    },
  },

  RESTORE_CLUSTER: {
    async run() {
      return { kind: 'DONE', change: restored }
    },
  },

  FORGET: {
    patient: true,
    async run(cluster, { clusters, fleet }) {
      await fleet.removeCluster(cluster.clusterUuid)
      await clusters.forget(cluster)
      return { kind: 'FORGOTTEN' }
    },
  },
}
