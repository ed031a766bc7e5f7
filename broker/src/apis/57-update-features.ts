/**
 * UpdateFeatures (57): raises or lowers the finalized levels of features (KIP-584).
 *
 * - 1: kinds of downgrades, validateOnly (KIP-778); 2: one error for all
 */
import type { RequestContext } from '../server/context.ts'
import type { Infer } from '../wire/index.ts'
import { defineApi, ErrorCode, t } from '../wire/index.ts'
import { refusalOf } from './cluster-facts.ts'

export const UpdateFeaturesApi = defineApi({
  key: 57,
  name: 'UpdateFeatures',
  versions: [0, 2],
  flexible: 0,
  request: {
    timeoutMs: t.int32({ default: 60000 }),
    featureUpdates: t.array({
      feature: t.string(),
      maxVersionLevel: t.int16(),
      allowDowngrade: t.bool({ until: 0 }),
      upgradeType: t.int8({ since: 1, default: 1 }),
    }),
    validateOnly: t.bool({ since: 1, default: false }),
  },
  response: {
    throttleTimeMs: t.int32({ default: 0 }),
    errorCode: t.int16(),
    errorMessage: t.string({ nullable: 0 }),
    results: t.array(
      { feature: t.string(), errorCode: t.int16(), errorMessage: t.string({ nullable: 0 }) },
      { until: 1, ignorable: true },
    ),
  },
})

export type UpdateFeaturesRequest = Infer<typeof UpdateFeaturesApi.request>
export type UpdateFeaturesResponse = Infer<typeof UpdateFeaturesApi.response>

/** Changes all of the given features, or none. */
export async function handleUpdateFeatures(context: RequestContext, request: UpdateFeaturesRequest) {
  const isOldest = context.apiVersion === 0
  const featureUpdates = request.featureUpdates.map(({ allowDowngrade, ...update }) => ({
    ...update,
    upgradeType: isOldest && allowDowngrade ? SAFE_DOWNGRADE : update.upgradeType,
  }))
  const { validateOnly } = request
  try {
    await context.broker.controller.submit('updateFeatures', { featureUpdates, validateOnly })
    const results = featureUpdates.map(({ feature }) => ({ feature, ...DONE }))
    return { throttleTimeMs: 0, errorCode: ErrorCode.NONE, errorMessage: null, results }
  } catch (error) {
    const { code, message } = refusalOf(error)
    return { throttleTimeMs: 0, errorCode: code, errorMessage: message, results: [] }
  }
}

const SAFE_DOWNGRADE = 2
const DONE = { errorCode: ErrorCode.NONE, errorMessage: 'NONE' }
