import { expect, test } from 'vitest'
import { ErrorCode } from '../../wire/errors.ts'
import { ClusterImage } from '../image.ts'
import { describeClientQuotas } from '../quotas/describe-quotas.ts'
import { TestCluster } from '../test-cluster.ts'

type Op = { key: string; value?: number; remove?: boolean }

function alter(cluster: TestCluster, names: Record<string, string | null>, ops: Op[], validateOnly = false) {
  const entity = Object.entries(names).map(([entityType, entityName]) => ({ entityType, entityName }))
  const complete = ops.map(({ key, value = 0, remove = false }) => ({ key, value, remove }))
  const [altered] = cluster.send('alterClientQuotas', { entries: [{ entity, ops: complete }], validateOnly })
  return altered
}

function all(cluster: TestCluster) {
  return [...cluster.image.clientQuotas.all()].map(({ entity, values }) => ({
    entity,
    values: Object.fromEntries(values),
  }))
}

test('quotas are set, changed and removed', () => {
  const cluster = new TestCluster()
  alter(cluster, { user: 'ann', 'client-id': 'c' }, [
    { key: 'producer_byte_rate', value: 1000 },
    { key: 'request_percentage', value: 12.5 },
  ])
  expect(cluster.lastChange?.clientQuotasChanged).toBe(true)
  alter(cluster, { 'client-id': 'c', user: 'ann' }, [{ key: 'producer_byte_rate', value: 2000 }])
  expect(all(cluster)).toMatchObject([{ values: { producer_byte_rate: 2000, request_percentage: 12.5 } }])
  alter(cluster, { user: 'ann', 'client-id': 'c' }, [
    { key: 'producer_byte_rate', remove: true },
    { key: 'request_percentage', remove: true },
  ])
  expect(all(cluster)).toEqual([])
})

test('what changes nothing writes nothing, nor does validateOnly', () => {
  const cluster = new TestCluster()
  alter(cluster, { user: null }, [{ key: 'consumer_byte_rate', value: 5 }], true)
  expect(cluster.lastRecords).toEqual([])
  alter(cluster, { user: null }, [{ key: 'consumer_byte_rate', value: 5 }])
  expect(cluster.lastRecords).toHaveLength(1)
  alter(cluster, { user: null }, [{ key: 'consumer_byte_rate', value: 5 }])
  expect(cluster.lastRecords).toEqual([])
})

test.each([
  [{}, { key: 'producer_byte_rate', value: 1 }, 'Invalid empty client quota entity'],
  [{ group: 'g' }, { key: 'producer_byte_rate', value: 1 }, 'Unhandled client quota entity type: group'],
  [{ user: '' }, { key: 'producer_byte_rate', value: 1 }, 'Empty user not supported'],
  [
    { ip: '1.2.3.4', user: 'u' },
    { key: 'connection_creation_rate', value: 1 },
    'Invalid quota entity combination, IP entity shouldnot be combined with User or ClientId',
  ],
  [
    { ip: 'not an address' },
    { key: 'connection_creation_rate', value: 1 },
    'not an address is not a valid IP or resolvable host.',
  ],
  [
    { ip: '1.2.3.4' },
    { key: 'producer_byte_rate', value: 1 },
    'Invalid configuration key producer_byte_rate',
  ],
  [
    { user: 'u' },
    { key: 'connection_creation_rate', value: 1 },
    'Invalid configuration key connection_creation_rate',
  ],
  [{ user: 'u' }, { key: 'producer_byte_rate', value: 0 }, 'Quota producer_byte_rate must be greater than 0'],
  [
    { user: 'u' },
    { key: 'producer_byte_rate', value: 1.5 },
    'producer_byte_rate cannot be a fractional value.',
  ],
  [
    { ip: null },
    { key: 'connection_creation_rate', value: 2 ** 31 },
    'Proposed value for connection_creation_rate is too large for an INT.',
  ],
])('refuses %j %j', (names, op, message) => {
  const cluster = new TestCluster()
  const refused = alter(cluster, names as Record<string, string | null>, [op])
  expect(refused).toMatchObject({ errorCode: ErrorCode.INVALID_REQUEST, errorMessage: message })
  expect(cluster.lastRecords).toEqual([])
})

test('filters find entities by name, default or presence', () => {
  const cluster = new TestCluster()
  const op = [{ key: 'producer_byte_rate', value: 1 }]
  for (const names of [{ user: 'u' }, { user: null }, { user: 'u', 'client-id': 'c' }, { 'client-id': 'c' }])
    alter(cluster, names, op)
  const find = (matchType: number, match: string | null, strict: boolean) =>
    describeClientQuotas(cluster.image.clientQuotas, [{ entityType: 'user', matchType, match }], strict)
      .length
  expect(find(0, 'u', false)).toBe(2)
  expect(find(0, 'u', true)).toBe(1)
  expect(find(1, null, false)).toBe(1)
  expect(find(2, null, false)).toBe(3)
  expect(() => find(0, null, false)).toThrow('MATCH_TYPE_EXACT')
})

test('a snapshot holds the quotas', () => {
  const cluster = new TestCluster()
  alter(cluster, { user: 'u' }, [{ key: 'producer_byte_rate', value: 7 }])
  const copy = new ClusterImage()
  copy.loadSnapshot([...cluster.image.toRecords()], cluster.image.offset)
  expect([...copy.clientQuotas.all()]).toEqual([...cluster.image.clientQuotas.all()])
})

test('topics whose partitions are over the quota are refused, the others are created', () => {
  const cluster = new TestCluster()
  cluster.start(1)
  let left = 5
  const countMutations = (partitions: number) => {
    if (partitions > left) throw new Error('asked for more than the test allows')
    left -= partitions
  }
  const topic = { numPartitions: 3, replicationFactor: 1, assignments: [], configs: [] }
  const request = { topics: [{ name: 'a', ...topic }], validateOnly: false, countMutations }
  expect(cluster.send('createTopics', request)).toMatchObject([{ name: 'a', errorCode: 0 }])
  cluster.send('createPartitions', {
    topics: [{ name: 'a', count: 5, assignments: null }],
    validateOnly: false,
    countMutations,
  })
  expect(left).toBe(0)
})
