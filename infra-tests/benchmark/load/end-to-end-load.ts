/** One record at a time: sent to the leader, and received by a consumer whose fetch waits for it. */
import { fetchRequest, produceRecordsRequest } from '../../support/frames.ts'
import { type Address, parseFetched, parseProduced, RawClient } from '../../support/raw-client.ts'
import { nextOffsetOf } from '../../support/record-batch.ts'
import type { LoadResult, Span } from './raw-load.ts'

export interface EndToEndLoad {
  readonly topic: string
  readonly partition: number
  readonly recordBytes: number
}

const FETCH_BYTES_MAX = 1 << 20
const MAX_WAIT_MS = 500

export async function endToEndLoad(target: Address, load: EndToEndLoad, span: Span): Promise<LoadResult> {
  const [producer, consumer] = await Promise.all([RawClient.connect(target), RawClient.connect(target)])
  try {
    const value = 'x'.repeat(load.recordBytes)
    let offset = 0
    const one = async () => {
      const received = receive(consumer, load, offset)
      const sentAtMs = performance.now()
      const sent = producer.send((id) => produceRecordsRequest(id, { ...load, acks: -1 }, [{ value }]))
      offset = await received
      const latencyMs = performance.now() - sentAtMs
      const { errorCode } = parseProduced(await sent)
      if (errorCode !== 0) throw new Error(`produce answered error ${errorCode}`)
      return latencyMs
    }
    for (const endMs = performance.now() + span.warmUpMs; performance.now() < endMs; ) await one()
    span.onMeasure()
    const latenciesMs: number[] = []
    const startMs = performance.now()
    while (performance.now() < startMs + span.measureMs) latenciesMs.push(await one())
    return {
      seconds: (performance.now() - startMs) / 1000,
      requests: latenciesMs.length,
      recordBytes: latenciesMs.length * load.recordBytes,
      latenciesMs: Float64Array.from(latenciesMs).sort(),
    }
  } finally {
    producer.close()
    consumer.close()
  }
}

/** The offset behind the records that came. */
async function receive(consumer: RawClient, load: EndToEndLoad, offset: number): Promise<number> {
  const wanted = { ...load, offset, maxBytes: FETCH_BYTES_MAX, maxWaitMs: MAX_WAIT_MS }
  for (;;) {
    const answer = parseFetched(await consumer.send((id) => fetchRequest(id, wanted)))
    if (answer.errorCode !== 0) throw new Error(`fetch answered error ${answer.errorCode}`)
    const next = nextOffsetOf(answer.records)
    if (next !== undefined) return next
  }
}
