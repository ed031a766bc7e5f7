/** What a cluster asks of DynamoDB while nobody uses it: it is to cost dollars a month, not tens of them. */
import { expect, test } from 'vitest'
import { costOfBrokers, withMeteredTable } from '../benchmark/dynamodb/idle-cost.ts'
import { suite } from '../support/requirements.ts'

const WINDOW_MS = 8_000

suite('an idle cluster on DynamoDB', ['dynamodb', 'freshet'], () => {
  // An election costs more: on a busy machine a lease may be lost meanwhile.
  test('costs less than four dollars a month', { retry: 2 }, async () => {
    const cost = await withMeteredTable((meter) => costOfBrokers(meter, WINDOW_MS))
    expect(cost.writeUnitsPerSecond).toBeGreaterThan(0)
    expect(cost.writeUnitsPerSecond).toBeLessThan(2)
    expect(cost.readUnitsPerSecond).toBeGreaterThan(0)
    expect(cost.readUnitsPerSecond).toBeLessThan(5)
    expect(cost.dollarsPerMonth).toBeLessThan(4)
  })
})
