import { describe, expect, test } from 'vitest'
import { ErrorCode } from '../../wire/index.ts'
import { Driver, subscription } from './test-driver.ts'

const everything = { statesFilter: [], typesFilter: [] }

describe('DescribeGroups', () => {
  test('metadata and assignments are told while the group is stable', () => {
    const driver = new Driver()
    const [leader = ''] = driver.stableGroup(1, [{ groupInstanceId: 'a' }])
    const member = { memberId: leader, groupInstanceId: 'a', clientId: 'client', clientHost: '/127.0.0.1' }
    expect(driver.describe()).toMatchObject({
      errorCode: 0,
      groupId: 'group',
      groupState: 'Stable',
      protocolType: 'consumer',
      protocolData: 'range',
      members: [{ ...member, memberMetadata: subscription('topic'), memberAssignment: Buffer.from(leader) }],
    })
    driver.join()
    driver.join({ memberId: leader, groupInstanceId: 'a' })
    expect(driver.describe()).toMatchObject({
      groupState: 'PreparingRebalance',
      protocolData: '',
      members: [{ ...member, memberMetadata: Buffer.alloc(0), memberAssignment: Buffer.alloc(0) }],
    })
  })

  test('a group that does not exist is Dead; from version 6 on it is also not found', () => {
    const driver = new Driver()
    const dead = { groupId: 'x', groupState: 'Dead', protocolType: '', protocolData: '', members: [] }
    expect(driver.shard.describe(['x'], 5)).toEqual([{ errorCode: 0, ...dead }])
    expect(driver.shard.describe(['x'], 6)).toEqual([
      { errorCode: ErrorCode.GROUP_ID_NOT_FOUND, errorMessage: 'Group x not found.', ...dead },
    ])
  })
})

describe('ListGroups', () => {
  test('filters by state and type, without case', () => {
    const driver = new Driver()
    driver.stableGroup(1)
    driver.commit({ groupId: 'simple', offsets: { topic: 1 } })
    const stable = { groupId: 'group', protocolType: 'consumer', groupState: 'Stable', groupType: 'classic' }
    const empty = { groupId: 'simple', protocolType: '', groupState: 'Empty', groupType: 'classic' }
    const list = (statesFilter: string[], typesFilter: string[] = []) =>
      driver.shard.list({ statesFilter, typesFilter })
    expect(list([])).toEqual([stable, empty])
    expect(list(['Stable'])).toEqual([stable])
    expect(list(['empty', 'Dead'])).toEqual([empty])
    expect(list(['PreparingRebalance'])).toEqual([])
    expect(list([], ['Classic'])).toEqual([stable, empty])
    expect(list([], ['consumer'])).toEqual([])
  })
})

describe('DeleteGroups', () => {
  test('deletes a group without members and all its offsets', () => {
    const driver = new Driver()
    const [leader = ''] = driver.stableGroup(1)
    driver.commit({ memberId: leader, generation: 1, offsets: { a: 1, b: 2 } })
    expect(driver.deleteGroups('group', 'unknown')).toEqual([
      ErrorCode.NON_EMPTY_GROUP,
      ErrorCode.GROUP_ID_NOT_FOUND,
    ])
    driver.leave([leader])
    expect(driver.deleteGroups('group')).toEqual([0])
    for (const each of [driver, driver.reloaded()]) {
      expect(each.shard.list(everything)).toEqual([])
      expect(each.committed()).toEqual({})
    }
  })

  test.each(['PreparingRebalance', 'CompletingRebalance'])('refuses a group in %s', (state) => {
    const driver = new Driver()
    driver.joinTwice()
    if (state === 'CompletingRebalance') driver.advance(6_000)
    expect(driver.describe().groupState).toBe(state)
    expect(driver.deleteGroups('group')).toEqual([ErrorCode.NON_EMPTY_GROUP])
  })
})
