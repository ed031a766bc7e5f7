/**
 * What every driver of the coordination store must do. A driver's own test calls `describeConformance` with a
 * way to open a store; `reopen` opens a second one on the same data, if the data outlives the store.
 */
import { describeDocuments } from './conformance/documents.ts'
import { describeLeases } from './conformance/leases.ts'
import { describeLimits } from './conformance/limits.ts'
import { describeLogs } from './conformance/logs.ts'
import type { StoreFixture } from './conformance/world.ts'

export function describeConformance(fixture: StoreFixture): void {
  describeLeases(fixture)
  describeLogs(fixture)
  describeDocuments(fixture)
  describeLimits(fixture)
}

export type { StoreFixture } from './conformance/world.ts'
