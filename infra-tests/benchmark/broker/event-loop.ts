/**
 * The longest time for which the broker's event loop did nothing else, as its own metrics tell it. That counts how long
 * the system let it wait for a processor, too: so the loop comes before the clients here, which on a machine of its own
 * would take none from it. What it waits nevertheless is told beside it.
 */
import { constants, setPriority } from 'node:os'
import type { Address } from '../../support/raw-client.ts'
import { atMost } from '../goals.ts'
import { fetchLoad, type LoadResult, type ProduceLoad, produceLoad, type Span } from '../load/raw-load.ts'
import { bytesBeforeWriteBack } from '../memory.ts'
import { processorWaitMsOf } from '../process-usage.ts'
import {
  type Case,
  type Metrics,
  partitions,
  routesTo,
  settleDisk,
  spanOf,
  sum,
  type Target,
  withTopic,
} from './case.ts'

const LONGEST_MS = atMost(5, 'ms')

export const eventLoopCase: Case = {
  name: 'event-loop',
  title: 'longest block of the event loop, which the system prefers to the clients',
  goals: {
    largeBatchesMs: LONGEST_MS,
    smallBatchesMs: LONGEST_MS,
    writtenBackMs: LONGEST_MS,
    unbatchedMs: LONGEST_MS,
    fetchesMs: LONGEST_MS,
  },
  freshetOnly: true,
  run: (target, quick) =>
    withTopic(target, (topic) => withPriority(target, () => blocksUnder(target, topic, quick))),
}

/** On Linux the priority of a process's number is that of its first thread, in Node the event loop's. */
async function withPriority<T>({ pids }: Target, use: () => Promise<T>): Promise<T> {
  const { PRIORITY_HIGHEST, PRIORITY_NORMAL } = constants.priority
  if (process.getuid?.() !== 0) {
    console.log(
      'The event loop is not preferred to the clients, which needs root: its blocks count their time, too',
    )
    return use()
  }
  for (const pid of pids) setPriority(pid, PRIORITY_HIGHEST)
  try {
    return await use()
  } finally {
    for (const pid of pids) setPriority(pid, PRIORITY_NORMAL)
  }
}

async function blocksUnder(target: Target, topic: string, quick: boolean): Promise<Metrics> {
  const produce = (recordsPerBatch: number, depth: number, connections: number) => (span: Span) => {
    const load: ProduceLoad = { topic, depth, recordBytes: 1000, recordsPerBatch, acks: 1 }
    return produceLoad(routesTo(target.address, connections), load, span)
  }
  // Goes on until three times as much was written as the system lets wait.
  const writtenBack = (span: Span) =>
    produce(250, 4, 12)({ ...span, measureMs: 30_000, bytesMax: 3 * bytesBeforeWriteBack() })
  const fetches = (span: Span) => fetchLoad(target.address, { topic, partitions, maxBytes: 1 << 20 }, span)
  return {
    ...(await longestBlock('largeBatches', target, produce(250, 4, 12), spanOf(quick))),
    ...(await longestBlock('smallBatches', target, produce(16, 4, 12), spanOf(quick))),
    ...(await longestBlock('writtenBack', target, writtenBack, spanOf(quick))),
    ...(await longestBlock('unbatched', target, produce(1, 1, 64), spanOf(quick))),
    ...(await longestBlock('fetches', target, fetches, spanOf(quick))),
  }
}

async function longestBlock(
  name: string,
  { metrics, pids }: Target,
  load: (span: Span) => Promise<LoadResult>,
  span: Span,
): Promise<Metrics> {
  if (metrics === undefined) throw new Error('the broker serves no metrics')
  await settleDisk()
  const waitedMs = () => sum(pids.map(processorWaitMsOf))
  let begun: Promise<number> | undefined
  let waitedBeforeMs = 0
  const onMeasure = () => {
    waitedBeforeMs = waitedMs()
    // Whoever reads the metric begins it anew.
    begun = longestSinceLastReading(metrics)
  }
  await load({ ...span, onMeasure })
  const waitedForProcessorMs = waitedMs() - waitedBeforeMs
  await begun
  return {
    [`${name}Ms`]: 1000 * (await longestSinceLastReading(metrics)),
    [`${name}WaitedMs`]: waitedForProcessorMs,
  }
}

async function longestSinceLastReading({ host, port }: Address): Promise<number> {
  const response = await fetch(`http://${host}:${port}/metrics`)
  const match = /^nodejs_eventloop_lag_max_seconds (\S+)$/m.exec(await response.text())
  if (!match) throw new Error('the metrics do not tell of the event loop')
  return Number(match[1])
}
