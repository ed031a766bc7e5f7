/** One connection: a pipeline of requests, and what comes back. */
import { connect, type Socket } from 'node:net'
import type { Address } from '../support/raw-client.ts'
import { type Input, sentinelId } from './inputs.ts'

export interface ExchangeOptions {
  readonly target: Address
  /** How long nothing may happen before a request counts as hanging. */
  readonly stallMs: number
}

export interface Outcome {
  readonly taken: number
  readonly answered: number
  readonly closed: boolean
  readonly finding?: string
}

export function exchange(options: ExchangeOptions, pipeline: readonly Input[]): Promise<Outcome> {
  return new Promise((resolve) => {
    const exchange = new Exchange(options, pipeline, resolve)
    exchange.begin()
  })
}

const idleStepMs = 250

class Exchange {
  readonly #options: ExchangeOptions
  readonly #pipeline: readonly Input[]
  readonly #done: (outcome: Outcome) => void
  readonly #socket: Socket
  readonly #ends: boolean
  #received: Buffer = Buffer.alloc(0)
  #answered = 0
  #idleMs = 0
  #complete = false
  #finding: string | undefined
  #finished = false

  constructor(options: ExchangeOptions, pipeline: readonly Input[], done: (outcome: Outcome) => void) {
    this.#options = options
    this.#pipeline = pipeline
    this.#done = done
    this.#ends = pipeline.at(-1)?.expects === 'end'
    this.#socket = connect({ ...options.target, noDelay: true, allowHalfOpen: true })
  }

  begin(): void {
    const socket = this.#socket
    socket.setTimeout(idleStepMs)
    socket.on('timeout', () => this.#idle())
    socket.on('connect', () => {
      const bytes = Buffer.concat(this.#pipeline.map((input) => input.bytes))
      if (this.#ends) socket.end(bytes)
      else socket.write(bytes)
    })
    socket.on('data', (chunk) => this.#receive(chunk))
    socket.on('end', () => this.#finish(true))
    socket.on('close', () => this.#finish(true))
    socket.on('error', (error: NodeJS.ErrnoException) => {
      // A reset is a closed connection; a refused one is a dead broker.
      if (error.code === 'ECONNREFUSED') this.#finding = 'the broker refuses connections'
      this.#finish(true)
    })
  }

  #receive(chunk: Buffer): void {
    this.#received = this.#received.length === 0 ? chunk : Buffer.concat([this.#received, chunk])
    while (this.#received.length >= 4) {
      const end = 4 + this.#received.readInt32BE(0)
      if (end < 8) {
        this.#finding = `an answer of ${end - 4} bytes`
        this.#finish(false)
        return
      }
      if (this.#received.length < end) return
      this.#take(this.#received.subarray(4, end))
      this.#received = this.#received.subarray(end)
    }
  }

  #take(answer: Buffer): void {
    this.#answered += 1
    this.#idleMs = 0
    const correlationId = answer.readInt32BE(0)
    if (correlationId === sentinelId) {
      this.#complete = true
      this.#finish(false)
      return
    }
    const input = this.#pipeline.find((candidate) => candidate.judged?.correlationId === correlationId)
    const objection = input?.judged?.objectionTo(answer)
    if (objection) this.#finding ??= `${objection}: ${input?.bytes.toString('hex')}`
  }

  /** A pipeline with a request that may wait is given up soon; any other must come to its end. */
  #idle(): void {
    this.#idleMs += idleStepMs
    const mayWait = this.#pipeline.some((input) => input.mayWait)
    if (!mayWait && this.#idleMs < this.#options.stallMs) {
      this.#socket.setTimeout(idleStepMs)
      return
    }
    if (!mayWait) {
      const inputs = this.#pipeline.map(({ kind, bytes }) => `${kind} ${bytes.toString('hex').slice(0, 400)}`)
      this.#finding ??= `${this.#answered} answers and no end of\n${inputs.join('\n')}`
    }
    this.#finish(false)
  }

  #finish(closed: boolean): void {
    if (this.#finished) return
    this.#finished = true
    this.#socket.destroy()
    const seen = this.#complete ? this.#pipeline.length : this.#answered + (closed ? 1 : 0)
    const taken = Math.min(this.#pipeline.length, seen)
    const finding = this.#finding === undefined ? {} : { finding: this.#finding }
    this.#done({ taken, answered: this.#answered, closed, ...finding })
  }
}
