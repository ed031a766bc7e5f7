import { expect, it } from 'vitest'
import { decideStorage, STORAGE_COOL_DOWN_MS } from './decide.ts'

const GIB = 1024 ** 3
const FULL = {
  nowMs: 10 ** 9,
  volumeSizeGB: 100,
  usedBytesOfFullest: 70 * GIB,
  targetUtilisation: 0.6,
  maxVolumeSizeGB: 1000,
}

it.each([
  ['grows by 10 GiB', {}, 110],
  ['grows by a tenth where that is more', { volumeSizeGB: 500, usedBytesOfFullest: 400 * GIB }, 550],
  ['grows to its maximum and no further', { maxVolumeSizeGB: 105 }, 105],
  ['stays at its maximum', { maxVolumeSizeGB: 100 }, 100],
  ['stays below the target', { usedBytesOfFullest: 60 * GIB }, 100],
  ['stays for six hours after it grew', { lastGrowthMs: 10 ** 9 - STORAGE_COOL_DOWN_MS + 1 }, 100],
  ['grows again after six hours', { lastGrowthMs: 10 ** 9 - STORAGE_COOL_DOWN_MS }, 110],
])('a volume %s', (_what, changes, volumeSizeGB) => {
  const decision = decideStorage({ ...FULL, ...changes })
  expect(decision.volumeSizeGB).toBe(volumeSizeGB)
  expect(decision.reason).toMatch(/^The fullest volume is used to \d+ %/)
})
