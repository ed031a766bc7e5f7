/** UpdateFeatures (57, KIP-584): raises or lowers the level of a feature for the whole cluster. */
import { ErrorCode, KafkaError } from '../../wire/errors.ts'
import { featureLevel, SUPPORTED_FEATURES } from '../features.ts'
import type { ClusterView } from '../image-types.ts'
import type { ControllerContext, Decision } from './decision.ts'

export const UpgradeType = { UPGRADE: 1, SAFE_DOWNGRADE: 2, UNSAFE_DOWNGRADE: 3 } as const

export interface FeatureUpdate {
  readonly feature: string
  /** Below 1 the feature is switched off. */
  readonly maxVersionLevel: number
  readonly upgradeType: number
}

export interface UpdateFeaturesRequest {
  readonly featureUpdates: readonly FeatureUpdate[]
  readonly validateOnly: boolean
}

/** All of it or nothing; of what is given twice the last counts. */
export function updateFeatures(
  view: ClusterView,
  { featureUpdates, validateOnly }: UpdateFeaturesRequest,
  { nodeId }: ControllerContext,
): Decision<null> {
  const updates = [...new Map(featureUpdates.map((update) => [update.feature, update])).values()]
  for (const update of updates) {
    const reason = refusal(view, update, nodeId)
    if (reason === undefined) continue
    const { feature, maxVersionLevel } = update
    throw new KafkaError(
      ErrorCode.INVALID_UPDATE_VERSION,
      'The update failed for all features since the following feature had an error: ' +
        `Invalid update version ${maxVersionLevel} for feature ${feature}. ${reason}`,
    )
  }
  const changes = updates.filter(
    ({ feature, maxVersionLevel }) => featureLevel(view, feature) !== maxVersionLevel,
  )
  const records = changes.map(({ feature: name, maxVersionLevel }) => ({
    type: 'FeatureLevel' as const,
    name,
    featureLevel: maxVersionLevel,
  }))
  return { records: validateOnly ? [] : records, reply: null }
}

/** In the order in which Kafka looks. */
function refusal(view: ClusterView, update: FeatureUpdate, nodeId: number): string | undefined {
  const { feature, maxVersionLevel: level, upgradeType } = update
  if (!UPGRADE_TYPES.has(upgradeType)) return 'The controller does not support the given upgrade type.'
  if (level < 0) return 'A feature version cannot be less than 0.'
  const range = SUPPORTED_FEATURES[feature]
  if (range === undefined) {
    return level === 0
      ? `Feature ${feature} not found.`
      : `Local controller ${nodeId} does not support this feature.`
  }
  if (level < range.minVersion || level > range.maxVersion)
    return `Local controller ${nodeId} only supports versions ${range.minVersion}-${range.maxVersion}`
  const isUpgrade = upgradeType === UpgradeType.UPGRADE
  const current = featureLevel(view, feature)
  if (isUpgrade && level < current) {
    return (
      "Can't downgrade the version of this feature without setting the upgrade type to either safe or " +
      'unsafe downgrade.'
    )
  }
  if (!isUpgrade && level > current) return "Can't downgrade to a newer version."
  return undefined
}

const UPGRADE_TYPES: ReadonlySet<number> = new Set(Object.values(UpgradeType))
