/** UpdateFeatures (57, KIP-584): raises or lowers the level of a feature for the whole cluster. */
import { ErrorCode, KafkaError } from '../../wire/errors.ts'
import { featureLevel, SUPPORTED_FEATURES } from '../features.ts'
import type { ClusterView } from '../image-types.ts'
import { attempt, type Decision, failure, type Outcome, repeated, SUCCESS } from './decision.ts'

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

export type UpdatedFeature = Outcome & { readonly feature: string }

/** All of it or nothing. */
export function updateFeatures(
  view: ClusterView,
  { featureUpdates, validateOnly }: UpdateFeaturesRequest,
): Decision<readonly UpdatedFeature[]> {
  const twice = repeated(featureUpdates.map(({ feature }) => feature))
  const reply = featureUpdates.map((update) => {
    const check = () => {
      if (twice.has(update.feature)) throw invalid(`${update.feature} is updated twice`)
      checkUpdate(view, update)
      return SUCCESS
    }
    return { feature: update.feature, ...attempt(check, failure) }
  })
  const isRefused = validateOnly || reply.some(({ errorCode }) => errorCode !== ErrorCode.NONE)
  const changes = featureUpdates.filter(
    ({ feature, maxVersionLevel }) => featureLevel(view, feature) !== maxVersionLevel,
  )
  const records = changes.map(({ feature: name, maxVersionLevel }) => ({
    type: 'FeatureLevel' as const,
    name,
    featureLevel: maxVersionLevel,
  }))
  return { records: isRefused ? [] : records, reply }
}

function checkUpdate(view: ClusterView, { feature, maxVersionLevel, upgradeType }: FeatureUpdate): void {
  const range = SUPPORTED_FEATURES[feature]
  const why = `Invalid update version ${maxVersionLevel} for feature ${feature}.`
  if (range === undefined) throw invalid(`${why} The controller does not support the given feature.`)
  if (![1, 2, 3].includes(upgradeType)) throw invalid(`The upgrade type ${upgradeType} is unknown`)
  if (maxVersionLevel < range.minVersion || maxVersionLevel > range.maxVersion) {
    throw invalid(
      `${why} Local controller ${maxVersionLevel > range.maxVersion ? 'only supports' : 'supports'} versions ${range.minVersion}-${range.maxVersion}`,
    )
  }
  const current = featureLevel(view, feature)
  if (upgradeType === UpgradeType.UPGRADE && maxVersionLevel < current) {
    throw invalid(
      `${why} Can't downgrade the version of this feature without setting the upgrade type to either safe or unsafe downgrade.`,
    )
  }
  if (upgradeType !== UpgradeType.UPGRADE && maxVersionLevel > current)
    throw invalid(`${why} Can't downgrade to a newer version.`)
}

function invalid(message: string): KafkaError {
  return new KafkaError(ErrorCode.INVALID_UPDATE_VERSION, message)
}
