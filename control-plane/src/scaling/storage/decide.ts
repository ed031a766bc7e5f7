/**
 * Storage autoscaling as on MSK: volumes grow when they are fuller than the target, by 10 GiB or a tenth, whichever
 * is more, at most once in six hours, up to a limit, and never shrink.
 * https://docs.aws.amazon.com/msk/latest/developerguide/msk-autoexpand.html
 */
export interface StorageInput {
  readonly nowMs: number
  readonly volumeSizeGB: number
  readonly usedBytesOfFullest: number
  readonly targetUtilisation: number
  readonly maxVolumeSizeGB: number
  readonly lastGrowthMs?: number
}

export interface StorageDecision {
  readonly volumeSizeGB: number
  readonly reason: string
}

export const STORAGE_COOL_DOWN_MS = 6 * 60 * 60_000

export function decideStorage(input: StorageInput): StorageDecision {
  const { nowMs, volumeSizeGB, usedBytesOfFullest, targetUtilisation, maxVolumeSizeGB, lastGrowthMs } = input
  const keep = (reason: string): StorageDecision => ({ volumeSizeGB, reason })
  const utilisation = usedBytesOfFullest / (volumeSizeGB * GIB)
  const used = `The fullest volume is used to ${Math.round(utilisation * 100)} %`
  if (utilisation <= targetUtilisation) return keep(`${used}.`)
  if (volumeSizeGB >= maxVolumeSizeGB)
    return keep(`${used}, and it has its maximum of ${maxVolumeSizeGB} GiB.`)
  if (lastGrowthMs !== undefined && nowMs - lastGrowthMs < STORAGE_COOL_DOWN_MS) {
    return keep(`${used}, but it grew less than six hours ago.`)
  }
  const step = Math.max(10, Math.ceil(volumeSizeGB / 10))
  const target = Math.min(volumeSizeGB + step, maxVolumeSizeGB)
  return { volumeSizeGB: target, reason: `${used}, more than ${Math.round(targetUtilisation * 100)} %.` }
}

const GIB = 1024 ** 3
