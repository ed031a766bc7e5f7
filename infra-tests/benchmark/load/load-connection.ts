/** A connection for load: reads into one reused buffer, hands over each answer as a view that lives for the call. */
import { connect, type Socket } from 'node:net'
import type { Address } from '../../support/raw-client.ts'

type OnAnswer = (answer: Buffer, sentAtMs: number) => void

export class LoadConnection {
  readonly #onAnswer: OnAnswer
  readonly #sentAtMs: number[] = []
  #socket: Socket | undefined
  #frame = Buffer.allocUnsafe(64 << 10)
  #filled = 0
  #closing = false
  /** Called after answers came in: the place to send more. */
  onReceived: () => void = () => {}
  /** Rejects when the connection breaks or an answer is not what it should be; never resolves. */
  readonly failed: Promise<never>
  #fail: (error: Error) => void = () => {}

  private constructor(onAnswer: OnAnswer) {
    this.#onAnswer = onAnswer
    this.failed = new Promise((_, reject) => {
      this.#fail = (error) => {
        if (!this.#closing) reject(error)
      }
    })
    this.failed.catch(() => {})
  }

  static open(target: Address, onAnswer: OnAnswer): Promise<LoadConnection> {
    const connection = new LoadConnection(onAnswer)
    return new Promise((resolve, reject) => {
      const buffer = Buffer.allocUnsafe(256 << 10)
      const callback = (count: number) => {
        connection.#receive(buffer.subarray(0, count))
        return true
      }
      const socket = connect({ ...target, noDelay: true, onread: { buffer, callback } })
      connection.#socket = socket
      socket.once('connect', () => resolve(connection))
      socket.on('error', (error) => {
        connection.#fail(error)
        reject(error)
      })
      socket.on('close', () => connection.#fail(new Error('the broker closed the connection')))
    })
  }

  get inFlight(): number {
    return this.#sentAtMs.length
  }

  send(frame: Buffer, atMs: number): void {
    this.#sentAtMs.push(atMs)
    this.#socket?.write(frame)
  }

  close(): void {
    this.#closing = true
    this.#socket?.destroy()
  }

  #receive(chunk: Buffer): void {
    this.#room(chunk.length)
    chunk.copy(this.#frame, this.#filled)
    this.#filled += chunk.length
    let at = 0
    while (this.#filled - at >= 4) {
      const length = this.#frame.readInt32BE(at)
      if (this.#filled - at < 4 + length) break
      this.#deliver(this.#frame.subarray(at + 4, at + 4 + length))
      at += 4 + length
    }
    if (at > 0) this.#frame.copyWithin(0, at, this.#filled)
    this.#filled -= at
    this.onReceived()
  }

  #deliver(answer: Buffer): void {
    try {
      this.#onAnswer(answer, this.#sentAtMs.shift() ?? Number.NaN)
    } catch (error) {
      this.#fail(error instanceof Error ? error : new Error(String(error)))
    }
  }

  #room(count: number): void {
    if (this.#filled + count <= this.#frame.length) return
    const larger = Buffer.allocUnsafe((this.#filled + count) * 2)
    this.#frame.copy(larger, 0, 0, this.#filled)
    this.#frame = larger
  }
}
