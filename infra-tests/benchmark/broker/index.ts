/** The cases for single brokers, in the order in which they run. */
import { backgroundCase } from './background.ts'
import type { Case } from './case.ts'
import { idleConnectionsCase } from './connections.ts'
import { consumeCases } from './consume.ts'
import { eventLoopCase } from './event-loop.ts'
import { latencyCases } from './latency.ts'
import { produceCases } from './produce.ts'

export type { Case, Metrics, Target } from './case.ts'
export { clientCases } from './clients.ts'

/** Those whose client costs next to nothing. */
export const rawCases: readonly Case[] = [
  ...produceCases,
  ...consumeCases,
  ...latencyCases,
  eventLoopCase,
  idleConnectionsCase,
  backgroundCase,
]

/** Both kinds of broker get the time to compile their hot paths; a JVM needs it more. */
export const warmUpCases: readonly Case[] = [...produceCases, ...latencyCases]
