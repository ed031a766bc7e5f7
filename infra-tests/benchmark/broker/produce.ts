/** Produce in closed loops: large batches are about bytes, small ones about requests. */
import { atLeast, atMost, type Goals, noGoal } from '../goals.ts'
import { type ProduceLoad, produceLoad } from '../load/raw-load.ts'
import { type Case, measured, routesTo, type Target, withTopic } from './case.ts'

type Load = Omit<ProduceLoad, 'topic' | 'acks'>

export const produceCases: readonly Case[] = [
  produceCase(
    'produce-256k',
    '1 KB records in 256 KB batches, acks=1',
    { depth: 4, recordBytes: 1000, recordsPerBatch: 250 },
    { cpuSecondsPerGigabyte: atMost(0.5, '×'), megabytesPerSecond: atLeast(1.5, '×') },
  ),
  produceCase(
    'produce-16k',
    '1 KB records in 16 KB batches, acks=1',
    { depth: 4, recordBytes: 1000, recordsPerBatch: 16 },
    { cpuMicrosPerRequest: atMost(0.6, '×'), requestsPerSecond: atLeast(1.3, '×') },
  ),
  produceCase(
    'produce-100b',
    '100 B records in 256 KB batches, acks=1',
    { depth: 4, recordBytes: 100, recordsPerBatch: 2400 },
    { cpuSecondsPerGigabyte: noGoal, megabytesPerSecond: noGoal },
  ),
  produceCase(
    'produce-10k',
    '10 KB records in 256 KB batches, acks=1',
    { depth: 4, recordBytes: 10_000, recordsPerBatch: 25 },
    { cpuSecondsPerGigabyte: noGoal, megabytesPerSecond: noGoal },
  ),
  produceCase(
    'unbatched-64',
    'one 100 B record a request, 64 connections, acks=1',
    { depth: 1, recordBytes: 100, recordsPerBatch: 1 },
    { cpuMicrosPerRequest: atMost(0.9, '×'), requestsPerSecond: atLeast(0.9, '×') },
    64,
  ),
]

function produceCase(name: string, title: string, load: Load, goals: Goals, connections = 12): Case {
  const run = (target: Target, quick: boolean) =>
    withTopic(target, (topic) =>
      measured(target, quick, (span) =>
        produceLoad(routesTo(target.address, connections), { ...load, topic, acks: 1 }, span),
      ),
    )
  return { name, title, goals, run }
}
