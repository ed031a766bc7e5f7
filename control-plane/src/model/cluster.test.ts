import { expect, it } from 'vitest'
import { ACCOUNT, creatingCluster } from '../testing/fixtures.ts'
import {
  activated,
  type Cluster,
  canBeDeleted,
  deleting,
  failed,
  withBrokers,
  withDesired,
} from './cluster.ts'
import { bootstrapBrokers } from './endpoints.ts'

const reason = { errorCode: 'TIMED_OUT', errorString: 'No broker came.' }

it('is created with an operation under way, and becomes ACTIVE or FAILED', async () => {
  const cluster = await creatingCluster('orders', 'SERVERLESS')
  expect(cluster.state).toBe('CREATING')
  expect(cluster.clusterArn).toMatch(
    /^arn:aws:kafka:us-east-1:000000000000:cluster\/orders\/[0-9a-f-]{36}-s1$/,
  )
  expect(cluster.activeOperation?.operationArn).toContain(`:cluster-operation/orders/${cluster.clusterUuid}/`)
  expect(activated(cluster).state).toBe('ACTIVE')
  expect(failed(cluster, reason)).toMatchObject({
    state: 'FAILED',
    stateInfo: { code: 'TIMED_OUT', message: 'No broker came.' },
  })
})

it('can be deleted when ACTIVE or FAILED, and loses its old trouble', async () => {
  const cluster = await creatingCluster('orders', 'PROVISIONED')
  const deletable = [activated(cluster), failed(cluster, reason)]
  for (const from of deletable) {
    const gone = deleting(ACCOUNT, from, 'uuid', 0)
    expect(gone).toMatchObject({ state: 'DELETING', activeOperation: { operationType: 'DELETE_CLUSTER' } })
    expect(gone).not.toHaveProperty('stateInfo')
  }
})

it.each(['CREATING', 'UPDATING', 'REBOOTING_BROKER', 'HEALING', 'MAINTENANCE', 'DELETING'] as const)(
  'cannot be deleted while %s',
  async (state) => {
    const cluster: Cluster = { ...(await creatingCluster('orders', 'PROVISIONED')), state }
    expect(canBeDeleted(cluster)).toBe(false)
    expect(() => deleting(ACCOUNT, cluster, 'uuid', 0)).toThrow(state)
  },
)

it('moves units only forwards, and leaves alone those that never ran', async () => {
  const cluster = withBrokers(await creatingCluster('orders', 'PROVISIONED'), (broker) =>
    broker.brokerId === 1 ? broker : { ...broker, desired: broker.brokerId === 2 ? 'RUNNING' : 'REMOVED' },
  )
  const desired = withDesired(cluster, 'STOPPED').brokers.map((broker) => broker.desired)
  expect(desired).toEqual([undefined, 'STOPPED', 'REMOVED'])
})

it('has bootstrap brokers once every broker has its port', async () => {
  const cluster = await creatingCluster('orders', 'PROVISIONED')
  expect(bootstrapBrokers(cluster)).toBeUndefined()
  const half = withBrokers(cluster, (broker) => (broker.brokerId === 1 ? { ...broker, port: 1 } : broker))
  expect(bootstrapBrokers(half)).toBeUndefined()
  const whole = withBrokers(cluster, (broker) => ({
    ...broker,
    port: 9091 + broker.brokerId,
    address: `10.0.0.${broker.brokerId}`,
  }))
  expect(bootstrapBrokers(whole)).toBe('10.0.0.1:9092,10.0.0.2:9093,10.0.0.3:9094')
})

it('keeps its bootstrap brokers, one per zone, whatever brokers come', async () => {
  const cluster = await creatingCluster('orders', 'PROVISIONED', undefined, 6)
  const whole = withBrokers(cluster, (broker) => ({
    ...broker,
    port: 9091 + broker.brokerId,
    address: `10.0.0.${broker.brokerId}`,
  }))
  expect(bootstrapBrokers(whole)).toBe('10.0.0.1:9092,10.0.0.2:9093,10.0.0.3:9094')
})
