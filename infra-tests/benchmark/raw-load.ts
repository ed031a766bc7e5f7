/**
 * Load that costs the client next to nothing, so that the broker is what is measured: batches are built once and
 * sent again and again, answers are only counted. Closed loops keep `depth` requests in flight per connection.
 */
import { fetchRequest, produceRequest } from '../support/frames.ts'
import { type Address, parseFetched, parseProduced } from '../support/raw-client.ts'
import { encodeBatch, nextOffsetOf } from '../support/record-batch.ts'
import { sleep } from '../support/wait.ts'
import { LoadConnection } from './load-connection.ts'

export interface LoadResult {
  readonly seconds: number
  readonly requests: number
  /** Bytes of record batches, headers included, keys of the protocol left out. */
  readonly recordBytes: number
  /** Per request in milliseconds, ascending. */
  readonly latenciesMs: Float64Array
}

export interface Span {
  readonly warmUpMs: number
  readonly measureMs: number
  /** Called when the warm-up is over and the measured time begins. */
  readonly onMeasure: () => void
}

/** A connection and the partitions that are written over it, in turn. */
export interface Route {
  readonly address: Address
  readonly partitions: readonly number[]
}

export interface ProduceLoad {
  readonly topic: string
  readonly depth: number
  readonly recordBytes: number
  readonly recordsPerBatch: number
  readonly acks: number
}

export async function produceLoad(
  routes: readonly Route[],
  load: ProduceLoad,
  span: Span,
): Promise<LoadResult> {
  const frames = routes.map((route) => framesOf(route, load))
  const batchBytes = batchOf(load).length
  const tally = new Tally()
  const connections = await connectAll(routes, (answer, sentAtMs) => {
    const { errorCode } = parseProduced(answer)
    if (errorCode !== 0) throw new Error(`produce answered error ${errorCode}`)
    tally.add(batchBytes, sentAtMs)
  })
  let next = 0
  await runClosedLoop(connections, load.depth, span, tally, (index) => {
    const own = frames[index]!
    return own[next++ % own.length]!
  })
  return tally.result()
}

export interface FetchLoad {
  readonly topic: string
  readonly partitions: number
  readonly maxBytes: number
}

/** One connection per partition reads from offset 0 and begins again at the end. */
export async function fetchLoad(target: Address, load: FetchLoad, span: Span): Promise<LoadResult> {
  const tally = new Tally()
  const offsets = new Array<number>(load.partitions).fill(0)
  const partitions = Array.from({ length: load.partitions }, (_, partition) => partition)
  const connections = await Promise.all(
    partitions.map((partition) =>
      LoadConnection.open(target, (answer, sentAtMs) => {
        const { errorCode, highWatermark, records } = parseFetched(answer)
        if (errorCode !== 0) throw new Error(`fetch answered error ${errorCode}`)
        const offset = nextOffsetOf(records) ?? highWatermark
        offsets[partition] = offset >= highWatermark ? 0 : offset
        tally.add(records.length, sentAtMs)
      }),
    ),
  )
  await runClosedLoop(connections, 1, span, tally, (index) =>
    fetchRequest(1, { ...load, partition: index, offset: offsets[index]!, maxWaitMs: 100 }),
  )
  return tally.result()
}

export interface PacedLoad extends Omit<ProduceLoad, 'depth'> {
  readonly requestsPerSecond: number
}

/** Open loop: a request leaves when it is due, whatever the answers do; latency counts from the due time. */
export async function pacedProduceLoad(
  routes: readonly Route[],
  load: PacedLoad,
  span: Span,
): Promise<LoadResult> {
  const frames = routes.map((route) => framesOf(route, load))
  const batchBytes = batchOf(load).length
  const tally = new Tally()
  const connections = await connectAll(routes, (answer, dueAtMs) => {
    const { errorCode } = parseProduced(answer)
    if (errorCode !== 0) throw new Error(`produce answered error ${errorCode}`)
    tally.add(batchBytes, dueAtMs)
  })
  const measuring = measure(tally, span)
  await untilFailure(
    connections,
    Promise.all([measuring, sendWhenDue(connections, frames, load, span)]).then(() => {}),
  )
  close(connections)
  return tally.result()
}

async function sendWhenDue(
  connections: readonly LoadConnection[],
  frames: readonly (readonly Buffer[])[],
  load: PacedLoad,
  span: Span,
): Promise<void> {
  const intervalMs = 1000 / load.requestsPerSecond
  const startMs = performance.now()
  const endMs = startMs + span.warmUpMs + span.measureMs
  for (let sent = 0; performance.now() < endMs; ) {
    for (const nowMs = performance.now(); startMs + sent * intervalMs <= nowMs; sent++) {
      const index = sent % connections.length
      const own = frames[index]!
      connections[index]!.send(
        own[Math.floor(sent / frames.length) % own.length]!,
        startMs + sent * intervalMs,
      )
    }
    // Timers are as coarse as a millisecond: turning without pause is what keeps the pace.
    await nextTurn()
  }
}

function framesOf({ partitions }: Route, load: Omit<ProduceLoad, 'depth'>): Buffer[] {
  const batch = batchOf(load)
  return partitions.map((partition) =>
    produceRequest(1, { topic: load.topic, partition, acks: load.acks, batch }),
  )
}

function batchOf(load: Omit<ProduceLoad, 'depth'>): Buffer {
  const value = Buffer.from(Array.from({ length: load.recordBytes }, (_, i) => 65 + ((i * 7 + i / 26) % 26)))
  return encodeBatch(Array.from({ length: load.recordsPerBatch }, () => ({ value })))
}

function connectAll(
  routes: readonly Route[],
  onAnswer: (answer: Buffer, sentAtMs: number) => void,
): Promise<LoadConnection[]> {
  return Promise.all(routes.map(({ address }) => LoadConnection.open(address, onAnswer)))
}

async function runClosedLoop(
  connections: LoadConnection[],
  depth: number,
  span: Span,
  tally: Tally,
  frameFor: (connection: number) => Buffer,
): Promise<void> {
  const fill = (connection: LoadConnection, index: number) => {
    while (connection.inFlight < depth) connection.send(frameFor(index), performance.now())
  }
  for (const [index, connection] of connections.entries()) {
    connection.onReceived = () => fill(connection, index)
    fill(connection, index)
  }
  await untilFailure(connections, measure(tally, span))
  close(connections)
}

async function measure(tally: Tally, span: Span): Promise<void> {
  await sleep(span.warmUpMs)
  tally.begin()
  span.onMeasure()
  await sleep(span.measureMs)
  tally.end()
}

function untilFailure(connections: readonly LoadConnection[], work: Promise<void>): Promise<void> {
  return Promise.race([work, ...connections.map((connection) => connection.failed)])
}

function close(connections: readonly LoadConnection[]): void {
  for (const connection of connections) {
    connection.onReceived = () => {}
    connection.close()
  }
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

/** Counts what was answered within the measured time. */
class Tally {
  measuring = false
  #startMs = 0
  #endMs = 0
  #requests = 0
  #bytes = 0
  readonly #latenciesMs: number[] = []

  begin(): void {
    this.measuring = true
    this.#startMs = performance.now()
  }

  end(): void {
    if (!this.measuring) throw new Error('the load ended within its warm-up')
    this.measuring = false
    this.#endMs = performance.now()
  }

  add(bytes: number, sinceMs: number): void {
    if (!this.measuring) return
    this.#requests += 1
    this.#bytes += bytes
    this.#latenciesMs.push(performance.now() - sinceMs)
  }

  result(): LoadResult {
    return {
      seconds: (this.#endMs - this.#startMs) / 1000,
      requests: this.#requests,
      recordBytes: this.#bytes,
      latenciesMs: Float64Array.from(this.#latenciesMs).sort(),
    }
  }
}
