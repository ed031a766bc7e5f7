/** The cases for single brokers, in the order in which they run. */

import { reasonAgainstSlowVolume } from '../slow-volume.ts'
import { backgroundCase } from './background.ts'
import type { Case } from './case.ts'
import { idleConnectionsCase } from './connections.ts'
import { consumeCases, consumeFromDiskCase } from './consume.ts'
import { eventLoopCase } from './event-loop.ts'
import { latencyCases } from './latency.ts'
import { produceCases } from './produce.ts'

export type { Case, Metrics, Target } from './case.ts'
export { clientCases } from './clients.ts'

/** Those whose client costs next to nothing. */
export function rawCases(): { cases: readonly Case[]; skipped: readonly string[] } {
  const noSlowVolume = reasonAgainstSlowVolume()
  const cases = [
    ...produceCases,
    ...consumeCases,
    ...(noSlowVolume === undefined ? [consumeFromDiskCase] : []),
    ...latencyCases,
    eventLoopCase,
    idleConnectionsCase,
    backgroundCase,
  ]
  return { cases, skipped: noSlowVolume === undefined ? [] : [`Consumers on a slow disk: ${noSlowVolume}`] }
}
/** Both kinds of broker get the time to compile their hot paths; a JVM needs it more. */
export const warmUpCases: readonly Case[] = [...produceCases, ...latencyCases]
