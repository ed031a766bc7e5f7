import type { Cluster } from './cluster.ts'

/**
 * How a cluster scales by itself. MSK leaves this to Application Auto Scaling; here it is tags of the cluster, which
 * every tool that knows MSK can set, at creation or later.
 */
export interface ScalingSettings {
  readonly mode: AutoscalingMode
  readonly minBrokers: number
  readonly maxBrokers: number
  /** Of the volumes; undefined: they grow by hand only. */
  readonly storage?: { readonly targetUtilisation: number; readonly maxVolumeSizeGB: number }
}

/** Decisions are not made, made and recorded, or carried out. */
export type AutoscalingMode = 'off' | 'advise' | 'act'

export const SCALING_TAGS = {
  mode: 'freshet:autoscaling',
  minBrokers: 'freshet:autoscaling-min-brokers',
  maxBrokers: 'freshet:autoscaling-max-brokers',
  storageTarget: 'freshet:storage-autoscaling-target',
  storageMax: 'freshet:storage-autoscaling-max-gib',
} as const

/** A serverless cluster has nobody who would size it; brokers that somebody chose stay as they are. */
export function scalingSettings({
  tags,
  clusterType,
}: Pick<Cluster, 'tags' | 'clusterType'>): ScalingSettings {
  const fallback = clusterType === 'SERVERLESS' ? 'act' : 'off'
  const mode = MODES.find((known) => known === tags[SCALING_TAGS.mode]) ?? fallback
  const target = numberIn(tags, 'storageTarget')
  return {
    mode,
    minBrokers: numberIn(tags, 'minBrokers') ?? 1,
    maxBrokers: numberIn(tags, 'maxBrokers') ?? MAX_BROKERS,
    ...(target === undefined
      ? {}
      : {
          storage: {
            targetUtilisation: target / 100,
            maxVolumeSizeGB: numberIn(tags, 'storageMax') ?? MAX_VOLUME_GIB,
          },
        }),
  }
}

/** What is wrong with a tag that is one of these, or undefined. */
export function scalingTagProblem(key: string, value: string): string | undefined {
  if (key === SCALING_TAGS.mode) {
    return MODES.some((mode) => mode === value) ? undefined : `Tag ${key} must be one of ${MODES.join(', ')}.`
  }
  for (const name of NUMBERS) {
    if (key !== SCALING_TAGS[name]) continue
    const [least, most] = RANGES[name]
    const isNumber = /^\d{1,6}$/.test(value) && Number(value) >= least && Number(value) <= most
    return isNumber ? undefined : `Tag ${key} must be a whole number from ${least} to ${most}.`
  }
  const looksLikeOne = /^freshet:(storage-)?autoscaling/.test(key)
  return looksLikeOne ? `Tag ${key} is no setting of autoscaling.` : undefined
}

const MODES: readonly AutoscalingMode[] = ['off', 'advise', 'act']
const NUMBERS = ['minBrokers', 'maxBrokers', 'storageTarget', 'storageMax'] as const
const MAX_BROKERS = 30
const MAX_VOLUME_GIB = 16_384
/** Those of the storage are MSK's. */
const RANGES = {
  minBrokers: [1, 60],
  maxBrokers: [1, 60],
  storageTarget: [10, 80],
  storageMax: [1, MAX_VOLUME_GIB],
} as const

function numberIn(
  tags: Readonly<Record<string, string>>,
  name: (typeof NUMBERS)[number],
): number | undefined {
  const key = SCALING_TAGS[name]
  const value = tags[key]
  return value === undefined || scalingTagProblem(key, value) !== undefined ? undefined : Number(value)
}
