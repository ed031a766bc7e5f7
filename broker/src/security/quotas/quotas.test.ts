import { expect, test } from 'vitest'
import { ClientQuotas } from '../../cluster/quotas/client-quotas.ts'
import { ErrorCode, KafkaError } from '../../wire/index.ts'
import { ConnectionQuotas } from './connection-quotas.ts'
import { MutationQuotas } from './mutation-quotas.ts'
import { findQuota } from './quota-lookup.ts'
import { RateQuotas } from './rate-quotas.ts'
import { ThrottledClients } from './throttled-clients.ts'

const windows = { count: 11, sizeMs: 1000 }

type Names = { user?: string | null; 'client-id'?: string | null; ip?: string | null }

function set(quotas: ClientQuotas, names: Names, key: string, value: number | null): void {
  const entity = Object.entries(names).map(([entityType, entityName]) => ({ entityType, entityName }))
  quotas.apply({ type: 'ClientQuota', entity, key, value })
}

test('the most specific quota counts, names before defaults', () => {
  const quotas = new ClientQuotas()
  const precedence: Names[] = [
    { user: 'u', 'client-id': 'c' },
    { user: 'u', 'client-id': null },
    { user: 'u' },
    { user: null, 'client-id': 'c' },
    { user: null, 'client-id': null },
    { user: null },
    { 'client-id': 'c' },
    { 'client-id': null },
  ]
  const found: number[] = []
  precedence.forEach((names, at) => void set(quotas, names, 'producer_byte_rate', at + 1))
  for (const names of precedence) {
    found.push(findQuota(quotas, 'producer_byte_rate', 'u', 'c')?.limit ?? -1)
    set(quotas, names, 'producer_byte_rate', null)
  }
  expect(found).toEqual([1, 2, 3, 4, 5, 6, 7, 8])
  expect(findQuota(quotas, 'producer_byte_rate', 'u', 'c')).toBeUndefined()
})

test('a quota of a user is shared by its client ids, a default is not shared by those it holds for', () => {
  const quotas = new ClientQuotas()
  set(quotas, { user: 'ann' }, 'producer_byte_rate', 1000)
  set(quotas, { 'client-id': null }, 'producer_byte_rate', 1000)
  const produce = new RateQuotas(quotas, 'producer_byte_rate', windows)
  expect(produce.record('ann', 'one', 10_000, 0)).toBe(0)
  expect(produce.record('ann', 'two', 10_000, 0)).toBe(10_000)
  expect(produce.record('bob', 'one', 10_000, 0)).toBe(0)
  expect(produce.record('bob', 'two', 10_000, 0)).toBe(0)
})

test('without a quota nothing is throttled, and a removed one holds no longer', () => {
  const quotas = new ClientQuotas()
  const produce = new RateQuotas(quotas, 'producer_byte_rate', windows)
  expect(produce.record('u', 'c', 1e12, 0)).toBe(0)
  set(quotas, { 'client-id': 'c' }, 'producer_byte_rate', 1000)
  produce.refresh()
  expect(produce.record('u', 'c', 1e6, 0)).toBeGreaterThan(0)
  expect(produce.windowMax('u', 'c')).toBe(10_000)
  set(quotas, { 'client-id': 'c' }, 'producer_byte_rate', null)
  produce.refresh()
  expect(produce.record('u', 'c', 1e6, 0)).toBe(0)
  expect(produce.windowMax('u', 'c')).toBe(Infinity)
})

test('mutations: a burst is let through, then newer clients are refused and older ones throttled', () => {
  const quotas = new ClientQuotas()
  set(quotas, { user: 'u' }, 'controller_mutation_rate', 1)
  const mutations = new MutationQuotas(quotas, windows)
  let nowMs = 0
  const now = () => nowMs
  const strict = mutations.of('u', 'c', true, now)
  strict.record(15)
  expect(strict.throttleMs).toBe(0)
  expect(refusal(() => strict.record(1))).toBe(ErrorCode.THROTTLING_QUOTA_EXCEEDED)
  expect(strict.throttleMs).toBe(4000)
  nowMs = 4000
  mutations.of('u', 'c', true, now).record(1)
  const lenient = mutations.of('u', 'c', false, now)
  lenient.record(1)
  expect(lenient.throttleMs).toBe(2000)
})

test('connections are limited in all, per address, and per second', () => {
  const quotas = new ClientQuotas()
  set(quotas, { ip: null }, 'connection_creation_rate', 1)
  set(quotas, { ip: '10.0.0.9' }, 'connection_creation_rate', 1000)
  const connections = new ConnectionQuotas(quotas, windows, {
    connectionsMax: 14,
    perAddressMax: 12,
    addressOverrides: new Map([['10.0.0.2', 1]]),
    creationRateMax: 0x7fffffff,
  })
  for (let count = 0; count < 10; count++) expect(connections.admit('10.0.0.1', 0).accepted).toBe(true)
  expect(connections.admit('10.0.0.1', 0)).toEqual({
    accepted: false,
    delayMs: 1000,
    reason: 'connection_creation_rate is exceeded',
  })
  expect(connections.admit('10.0.0.2', 0).accepted).toBe(true)
  expect(connections.admit('10.0.0.2', 0)).toMatchObject({ reason: 'max.connections.per.ip is reached' })
  for (let count = 0; count < 3; count++) expect(connections.admit('10.0.0.9', 0).accepted).toBe(true)
  expect(connections.admit('10.0.0.9', 0)).toMatchObject({ reason: 'max.connections is reached' })
  connections.closed('10.0.0.1')
  expect(connections.admit('10.0.0.9', 0).accepted).toBe(true)
  expect(connections.count).toBe(14)
})

test('connections that come faster than max.connection.creation.rate are served later', () => {
  const connections = new ConnectionQuotas(new ClientQuotas(), windows, {
    connectionsMax: 100,
    perAddressMax: 100,
    addressOverrides: new Map(),
    creationRateMax: 1,
  })
  for (let count = 0; count < 10; count++)
    expect(connections.admit('a', 0)).toEqual({ accepted: true, delayMs: 0 })
  expect(connections.admit('a', 0)).toEqual({ accepted: true, delayMs: 1000 })
})

function refusal(action: () => void): number | undefined {
  try {
    action()
  } catch (error) {
    if (error instanceof KafkaError) return error.code
    throw error
  }
  return undefined
}

test('throttled clients count until their time is over, and what they were throttled for adds up', () => {
  const throttled = new ThrottledClients()
  throttled.add(100, 1000, 0)
  throttled.add(50, 2000, 500)
  expect([throttled.count(999), throttled.count(1000), throttled.count(2500)]).toEqual([2, 1, 0])
  expect(throttled.amount).toBe(150)
  for (let at = 0; at < 20_000; at++) throttled.add(1, 1000, 3000)
  expect(throttled.count(3000)).toBe(10_000)
})
