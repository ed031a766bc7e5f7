import type { Documents } from '@freshet/coordination'
import { Collection } from '../model/collection.ts'
import type { Answer } from './request.ts'

/**
 * What became of requests, so that one that arrives again is answered again and not done again: queues deliver at
 * least once, and a control plane may end between a deed and its answer.
 */
export class Journal {
  readonly #entries: Collection<Entry>
  readonly #now: () => number

  constructor(documents: Documents, now: () => number) {
    this.#entries = new Collection<Entry>(documents, 'cloudformation/requests/')
    this.#now = now
  }

  async answerTo(requestId: string): Promise<Answer | undefined> {
    return (await this.#entries.get(requestId))?.answer
  }

  /** Says before a deed that what is found afterwards was made for this request. */
  async intend(requestId: string): Promise<void> {
    await this.#entries.put(requestId, { requestId, atMs: this.#now() })
  }

  async hasIntended(requestId: string): Promise<boolean> {
    return (await this.#entries.get(requestId)) !== undefined
  }

  async answered(requestId: string, answer: Answer): Promise<void> {
    await this.#entries.put(requestId, { requestId, atMs: this.#now(), answer })
  }

  /** Forgets requests that no queue can have any more. */
  async prune(): Promise<void> {
    const old = (await this.#entries.list()).filter(({ atMs }) => atMs < this.#now() - KEPT_MS)
    for (const { requestId } of old) await this.#entries.delete(requestId)
  }
}

interface Entry {
  readonly requestId: string
  readonly atMs: number
  readonly answer?: Answer
}

/** SQS keeps no message for longer than 14 days. */
const KEPT_MS = 15 * 24 * 60 * 60 * 1000
