import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Driver, ID, refOf } from './test-driver.ts'

const action = fc.oneof(
  fc.record({ kind: fc.constant('init' as const), keeps: fc.boolean() }),
  fc.record({ kind: fc.constant('add' as const), partition: fc.nat(3) }),
  fc.record({ kind: fc.constant('end' as const), isCommit: fc.boolean(), version: fc.constantFrom(1, 2) }),
  fc.record({ kind: fc.constantFrom('markers' as const, 'load' as const) }),
  fc.record({ kind: fc.constant('tick' as const), ms: fc.constantFrom(1_000, 30_000, 61_000) }),
)

test('whatever happens, a coordinator that loads the log knows what the one before knew', () => {
  fc.assert(
    fc.property(fc.array(action, { maxLength: 40 }), (actions) => {
      const driver = new Driver()
      let ref = refOf(driver.init())
      let markers = driver.markers
      for (const each of actions) {
        const stateBefore = driver.state()
        if (each.kind === 'init') {
          const { producerId, producerEpoch } = ref
          const known = each.keeps ? { producerId, producerEpoch } : {}
          const answer = driver.init(known)
          if (answer.errorCode === 0) ref = refOf(answer)
        } else if (each.kind === 'add') {
          driver.add(ref, [{ topic: 'orders', partition: each.partition }])
        } else if (each.kind === 'end') {
          const answer = driver.end(ref, each.isCommit, each.version)
          if (answer.errorCode === 0) ref = refOf(answer)
        } else if (each.kind === 'markers') {
          driver.markers = markers
          driver.finishMarkers()
        } else if (each.kind === 'tick') {
          driver.tick(each.ms)
        } else {
          const before = driver.shard.describe(ID)
          driver.load()
          expect(driver.shard.describe(ID)).toEqual(before)
        }
        if (driver.markers.length > 0) ({ markers } = driver)
        expect(isAllowed(stateBefore, driver.state())).toBe(true)
      }
      // Whatever is left undone can always be finished by the next coordinator.
      driver.load()
      driver.finishMarkers()
      expect(driver.state()).not.toMatch(/^Prepare/)
    }),
    { numRuns: 500, seed: 5 },
  )
})

const following: Readonly<Record<string, readonly string[]>> = {
  Empty: ['Empty', 'Ongoing', 'PrepareAbort'],
  Ongoing: ['Ongoing', 'PrepareCommit', 'PrepareAbort'],
  PrepareCommit: ['PrepareCommit', 'CompleteCommit'],
  PrepareAbort: ['PrepareAbort', 'CompleteAbort'],
  CompleteCommit: ['CompleteCommit', 'Empty', 'Ongoing', 'PrepareAbort'],
  CompleteAbort: ['CompleteAbort', 'Empty', 'Ongoing', 'PrepareAbort'],
}

function isAllowed(from: string, to: string): boolean {
  return following[from]?.includes(to) ?? false
}
