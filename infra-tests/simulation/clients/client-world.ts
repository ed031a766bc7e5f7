/** The world as clients see it: the simulated one, or that of real processes and sockets (infra-tests/chaos). */
import type { Address, Clock, Network, Timers } from '../broker-code.ts'
import type { Dice } from '../dice.ts'

/** What a client has of the world: its own machine, which may go down with it. */
export interface ClientHost {
  readonly timers: Timers & { kill(): void }
  readonly network: Network & { kill(): void }
}

export interface ClientWorld {
  readonly dice: Dice
  /** Since some start. */
  readonly nowMs: number
  /** Of the wall. */
  readonly clock: Pick<Clock, 'now'>
  readonly trace: Timeline
  readonly bootstrap: readonly Address[]
  /** So many times more slowly than usual clients work. */
  readonly pace: number
  startClient(name: string): ClientHost
  /** A client's life: it ends by itself, and never with an error. */
  spawn(name: string, life: Promise<void>): void
}

export interface Timeline {
  add(who: string, what: string, details?: Readonly<Record<string, unknown>>): void
}
