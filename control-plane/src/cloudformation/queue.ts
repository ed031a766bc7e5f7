/** What a poller asks of a queue. */
export interface Queue {
  /** At most ten; waits a while for the first. Empty once the signal fires. */
  receive(signal: AbortSignal): Promise<readonly Message[]>
  /** Nobody sees it before so long. */
  postpone(message: Message, seconds: number): Promise<void>
  delete(message: Message): Promise<void>
}

export interface Message {
  readonly body: string
  readonly receiptHandle: string
  readonly receiveCount: number
  readonly sentAtMs: number
}
