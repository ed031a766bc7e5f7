/** The longest time for which the broker's event loop did nothing else, as its own metrics tell it. */
import type { Address } from '../../support/raw-client.ts'
import { atMost } from '../goals.ts'
import { fetchLoad, type LoadResult, type ProduceLoad, produceLoad, type Span } from '../load/raw-load.ts'
import { type Case, type Metrics, partitions, routesTo, spanOf, type Target, withTopic } from './case.ts'

const LONGEST_MS = atMost(5, 'ms')

export const eventLoopCase: Case = {
  name: 'event-loop',
  title: 'longest block of the event loop',
  goals: {
    largeBatchesMs: LONGEST_MS,
    smallBatchesMs: LONGEST_MS,
    unbatchedMs: LONGEST_MS,
    fetchesMs: LONGEST_MS,
  },
  freshetOnly: true,
  run: (target, quick) => withTopic(target, (topic) => blocksUnder(target, topic, quick)),
}

async function blocksUnder(target: Target, topic: string, quick: boolean): Promise<Metrics> {
  const produce = (recordsPerBatch: number, depth: number, connections: number) => (span: Span) => {
    const load: ProduceLoad = { topic, depth, recordBytes: 1000, recordsPerBatch, acks: 1 }
    return produceLoad(routesTo(target.address, connections), load, span)
  }
  const longest = (load: (span: Span) => Promise<LoadResult>) => longestBlockMs(target, load, spanOf(quick))
  return {
    largeBatchesMs: await longest(produce(250, 4, 12)),
    smallBatchesMs: await longest(produce(16, 4, 12)),
    unbatchedMs: await longest(produce(1, 1, 64)),
    fetchesMs: await longest((span) =>
      fetchLoad(target.address, { topic, partitions, maxBytes: 1 << 20 }, span),
    ),
  }
}

async function longestBlockMs(
  { metrics }: Target,
  load: (span: Span) => Promise<LoadResult>,
  span: Span,
): Promise<number> {
  if (metrics === undefined) throw new Error('the broker serves no metrics')
  let begun: Promise<number> | undefined
  const onMeasure = () => {
    // Whoever reads the metric begins it anew.
    begun = longestSinceLastReading(metrics)
  }
  await load({ ...span, onMeasure })
  await begun
  return 1000 * (await longestSinceLastReading(metrics))
}

async function longestSinceLastReading({ host, port }: Address): Promise<number> {
  const response = await fetch(`http://${host}:${port}/metrics`)
  const match = /^nodejs_eventloop_lag_max_seconds (\S+)$/m.exec(await response.text())
  if (!match) throw new Error('the metrics do not tell of the event loop')
  return Number(match[1])
}
