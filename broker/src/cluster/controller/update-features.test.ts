import { describe, expect, it } from 'vitest'
import { TestCluster } from '../test-cluster.ts'
import { UpgradeType } from './update-features.ts'

const { UPGRADE, SAFE_DOWNGRADE } = UpgradeType

function update(
  cluster: TestCluster,
  updates: readonly (readonly [feature: string, level: number, type: number])[],
  validateOnly = false,
) {
  const featureUpdates = updates.map(([feature, maxVersionLevel, upgradeType]) => {
    return { feature, maxVersionLevel, upgradeType }
  })
  cluster.send('updateFeatures', { featureUpdates, validateOnly })
}

describe('UpdateFeatures', () => {
  it('changes nothing if one of them is refused, and says which', () => {
    const cluster = new TestCluster()
    const both = () =>
      update(cluster, [
        ['transaction.version', 1, SAFE_DOWNGRADE],
        ['group.version', 7, UPGRADE],
      ])
    expect(both).toThrow(
      'The update failed for all features since the following feature had an error: Invalid update version 7 ' +
        'for feature group.version. Local controller 1 only supports versions 0-1',
    )
    expect(cluster.image.features.get('transaction.version')).toBeUndefined()
  })

  it('takes the last of what is given twice', () => {
    const cluster = new TestCluster()
    update(cluster, [
      ['group.version', 7, UPGRADE],
      ['group.version', 0, SAFE_DOWNGRADE],
    ])
    expect(cluster.image.features.get('group.version')).toBe(0)
  })

  it('changes nothing that is only to be validated, or is so already', () => {
    const cluster = new TestCluster()
    update(cluster, [['group.version', 0, SAFE_DOWNGRADE]], true)
    expect(cluster.lastRecords).toEqual([])
    update(cluster, [['group.version', 1, SAFE_DOWNGRADE]])
    expect(cluster.lastRecords).toEqual([])
  })

  it('knows no other types of upgrades', () => {
    const cluster = new TestCluster()
    for (const type of [0, 4])
      expect(() => update(cluster, [['group.version', 1, type]])).toThrow('the given upgrade type')
  })
})
