/** A consumer's side of a fetch session for one partition (KIP-227): it is named once, and again when something changed. */
export class FetchSession<Wanted extends object> {
  #id = 0
  /** 0 asks for a new session. */
  #epoch = 0
  #told = ''

  /** What the next request says of the session, and of the partition if there is something to say. */
  next(wanted: Wanted): { sessionId: number; sessionEpoch: number; wanted: readonly Wanted[] } {
    const text = JSON.stringify(wanted)
    const isKnown = this.#epoch > 0 && text === this.#told
    this.#told = text
    return { sessionId: this.#id, sessionEpoch: this.#epoch, wanted: isKnown ? [] : [wanted] }
  }

  answered(sessionId: number): void {
    this.#id = sessionId
    this.#epoch = sessionId === 0 ? 0 : this.#epoch + 1
  }

  /** Whether the broker took the last request is not known, or it lost the session. */
  reset(): void {
    this.#id = 0
    this.#epoch = 0
  }
}
