import { brokerProperties } from '../../fleet/desired-units.ts'
import { type ConfigEntry, KafkaAdminError } from '../../kafka/admin.ts'
import { type Cluster, placedBrokers } from '../../model/cluster.ts'
import { brokerEndpoints } from '../../model/endpoints.ts'
import type { Operation } from '../../model/operation.ts'
import { OperationFailure, type Step, type StepContext, type StepOutcome } from './step.ts'

/**
 * A configuration is applied to running brokers as far as they can take it; only where they cannot do they
 * restart. Which is which the brokers say themselves (`readOnly` in DescribeConfigs).
 */

export const configurationSteps = {
  APPLY_DYNAMIC_CONFIGURATION: {
    async run(cluster, context) {
      const { before, after } = propertiesAround(cluster, context)
      const restart = await apply(cluster, context, before, after)
      const change = (newest: Cluster) => withRestart(newest, restart)
      return { kind: 'DONE', change } satisfies StepOutcome
    },
  },

  RESTORE_DYNAMIC_CONFIGURATION: {
    async run(cluster, context) {
      const { before, after } = propertiesAround(cluster, context)
      await apply(cluster, context, after, before)
      return { kind: 'DONE' }
    },
  },
} as const satisfies Record<string, Step>

type Properties = Readonly<Record<string, string>>

/** What a broker runs with before the update and after it; the first stands for all. */
function propertiesAround(
  cluster: Cluster,
  { fleet }: StepContext,
): { before: Properties; after: Properties } {
  const [broker] = placedBrokers(cluster)
  if (broker === undefined) return { before: {}, after: {} }
  const at = (generation: number) => brokerProperties(cluster, { ...broker, generation }, fleet)
  return { before: at(cluster.generation), after: at(cluster.generation + 1) }
}

/** Applies the difference; whether brokers must restart for the rest of it. */
async function apply(
  cluster: Cluster,
  { kafka }: StepContext,
  before: Properties,
  after: Properties,
): Promise<boolean> {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])]
  const changed = names.filter((name) => before[name] !== after[name])
  const [endpoint] = brokerEndpoints(cluster)
  if (changed.length === 0 || endpoint === undefined) return false
  try {
    return await kafka(brokerEndpoints(cluster), async (admin) => {
      const known = new Map(
        (await admin.describeBrokerConfigs(endpoint.brokerId)).map((entry) => [entry.name, entry]),
      )
      const dynamic = changed.filter((name) => known.get(name)?.isReadOnly === false)
      const changes = Object.fromEntries(dynamic.map((name) => [name, after[name] ?? null]))
      if (dynamic.length > 0) await admin.alterBrokerConfigs(changes)
      return changed.some((name) => needsRestart(known.get(name), after[name]))
    })
  } catch (error) {
    if (error instanceof KafkaAdminError && error.code === 'INVALID_CONFIG') {
      throw new OperationFailure('INVALID_CONFIGURATION', error.message)
    }
    throw error
  }
}

/**
 * A running broker falls back to the file that it was started with, once an override is gone: that has the old
 * value, so it restarts. What a broker does not know changes nothing in it.
 */
function needsRestart(entry: ConfigEntry | undefined, value: string | undefined): boolean {
  return entry !== undefined && (entry.isReadOnly || value === undefined)
}

function withRestart(cluster: Cluster, restart: boolean): Cluster {
  const { activeOperation } = cluster
  if (!activeOperation?.update) return cluster
  const brokerIds = restart ? cluster.brokers.map(({ brokerId }) => brokerId) : []
  const operation: Operation = {
    ...activeOperation,
    update: { ...activeOperation.update, restart: brokerIds },
  }
  return { ...cluster, activeOperation: operation }
}
