/**
 * A producer that goes on beside another load: on a thread of its own, so that the load's client does not count, and
 * with timers, so that it leaves the processors to the broker. Latency counts from when a record was sent.
 */
import { Worker } from 'node:worker_threads'
import type { PacedLoad, Route, Span } from '../load/raw-load.ts'
import { routesTo, spanOf, type Target } from './case.ts'

export interface SteadyProducer {
  readonly routes: readonly Route[]
  readonly load: PacedLoad
  readonly span: Omit<Span, 'onMeasure'>
}

export async function p99OfSteadyProducer(target: Target, topic: string, quick: boolean): Promise<number> {
  const { warmUpMs, measureMs, bytesMax } = spanOf(quick)
  const load = {
    topic,
    recordBytes: 1000,
    recordsPerBatch: 1,
    acks: 1,
    requestsPerSecond: 1000,
    timers: true,
  }
  const producer: SteadyProducer = {
    routes: routesTo(target.address, 1),
    load,
    span: { warmUpMs, measureMs, bytesMax },
  }
  const worker = new Worker(new URL('./steady-producer-worker.ts', import.meta.url), { workerData: producer })
  return new Promise((resolve, reject) => {
    worker.once('message', resolve)
    worker.once('error', reject)
  })
}
