/**
 * Load that costs the client next to nothing, so that the broker is what is measured: batches are built once and
 * sent again and again, answers are only counted. Closed loops keep `depth` requests in flight per connection.
 */
import { fetchRequest, produceRequest } from '../../support/frames.ts'
import { type Address, parseFetched, parseProduced } from '../../support/raw-client.ts'
import { encodeBatch, nextOffsetOf } from '../../support/record-batch.ts'
import { sleep } from '../../support/wait.ts'
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
  /** The measured time ends sooner when so many bytes of records were written, the warm-up with a third of them. */
  readonly bytesMax: number
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
  /** Every batch has the same keys, one for each of its records. */
  readonly keyed?: boolean
}

const CHECK_MS = 10

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
  /** One for each partition unless told; they share the partitions. */
  readonly connections?: number
}

/** Every connection reads its partitions from offset 0 to their ends, one after the other, again and again. */
export async function fetchLoad(target: Address, load: FetchLoad, span: Span): Promise<LoadResult> {
  const tally = new Tally()
  const count = load.connections ?? load.partitions
  const readers = Array.from({ length: count }, (_, index) => ({ partition: index, offset: 0 }))
  const connections = await Promise.all(
    readers.map((reader, index) =>
      LoadConnection.open(target, (answer, sentAtMs) => {
        const { errorCode, highWatermark, records } = parseFetched(answer)
        if (errorCode !== 0) throw new Error(`fetch answered error ${errorCode}`)
        reader.offset = nextOffsetOf(records) ?? highWatermark
        if (reader.offset >= highWatermark) {
          reader.offset = 0
          reader.partition += count
          if (reader.partition >= load.partitions) reader.partition = index
        }
        tally.add(records.length, sentAtMs)
      }),
    ),
  )
  const unbounded = { ...span, bytesMax: Number.POSITIVE_INFINITY }
  await runClosedLoop(connections, 1, unbounded, tally, (index) =>
    fetchRequest(1, { ...load, ...readers[index]!, maxWaitMs: 100 }),
  )
  return tally.result()
}

export interface PacedLoad extends Omit<ProduceLoad, 'depth'> {
  readonly requestsPerSecond: number
  /** Waits by timers, which are as coarse as a millisecond: latency then counts from when a request was sent. */
  readonly timers?: boolean
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
      const sinceMs = load.timers ? performance.now() : startMs + sent * intervalMs
      connections[index]!.send(own[Math.floor(sent / frames.length) % own.length]!, sinceMs)
    }
    // Turning without pause keeps the pace where there is a processor for it.
    await (load.timers ? sleep(1) : nextTurn())
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
  const keyOf = (index: number) => (load.keyed ? { key: `key-${index}` } : {})
  return encodeBatch(Array.from({ length: load.recordsPerBatch }, (_, index) => ({ value, ...keyOf(index) })))
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
  await elapsed(tally, span.warmUpMs, span.bytesMax / 3)
  tally.begin()
  span.onMeasure()
  await elapsed(tally, span.measureMs, span.bytesMax)
  tally.end()
}

async function elapsed(tally: Tally, limitMs: number, bytesMax: number): Promise<void> {
  const endMs = performance.now() + limitMs
  const endBytes = tally.allBytes + bytesMax
  while (performance.now() < endMs && tally.allBytes < endBytes) await sleep(CHECK_MS)
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
  /** Of the warm-up too. */
  allBytes = 0
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
    this.allBytes += bytes
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
