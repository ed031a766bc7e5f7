/** The world of real processes, as the simulator's clients see it: sockets, the machine's clock, and dice of a seed. */
import { nodeRuntime } from '../../../broker/src/runtime/node.ts'
import type { Network, Socket, Timer, Timers } from '../../../broker/src/runtime/types.ts'
import { seededRandom } from '../../simulation/broker-code.ts'
import type { ClientHost, ClientWorld, Timeline } from '../../simulation/clients/client-world.ts'
import { Dice } from '../../simulation/dice.ts'
import type { Address } from '../../support/raw-client.ts'

export class RealWorld implements ClientWorld {
  readonly dice: Dice
  readonly bootstrap: readonly Address[]
  readonly clock = nodeRuntime.clock
  readonly pace = 1
  readonly trace: Timeline
  /** What no client may ever do: the run has failed with it. */
  readonly failures: string[] = []
  readonly #startedAtMs = performance.now()
  readonly #hosts: ClientHost[] = []

  constructor(seed: number, bootstrap: readonly Address[], trace: Timeline) {
    this.dice = new Dice(seededRandom(seed))
    this.bootstrap = bootstrap
    this.trace = trace
  }

  get nowMs(): number {
    return Math.round(performance.now() - this.#startedAtMs)
  }

  startClient(): ClientHost {
    const host = { timers: new MortalTimers(), network: new MortalNetwork() }
    this.#hosts.push(host)
    return host
  }

  spawn(name: string, life: Promise<void>): void {
    life.catch((error: unknown) =>
      this.failures.push(`${name}: ${error instanceof Error ? error.stack : error}`),
    )
  }

  /** Ends all clients without a word. */
  end(): void {
    for (const { timers, network } of this.#hosts) {
      timers.kill()
      network.kill()
    }
  }
}

class MortalTimers implements Timers {
  readonly #pending = new Set<Timer>()
  #isDead = false

  after(delayMs: number, task: () => void): Timer {
    if (this.#isDead) return { cancel: () => {} }
    const timer = nodeRuntime.timers.after(delayMs, () => {
      this.#pending.delete(timer)
      task()
    })
    this.#pending.add(timer)
    return {
      cancel: () => {
        this.#pending.delete(timer)
        timer.cancel()
      },
    }
  }

  endOfTurn(task: () => void): void {
    if (!this.#isDead) nodeRuntime.timers.endOfTurn(task)
  }

  kill(): void {
    this.#isDead = true
    for (const timer of this.#pending) timer.cancel()
    this.#pending.clear()
  }
}

class MortalNetwork implements Network {
  readonly listen = nodeRuntime.network.listen
  readonly #sockets = new Set<Socket>()
  #isDead = false

  connect(address: Address): Socket {
    const socket = nodeRuntime.network.connect(address)
    if (this.#isDead) socket.destroy()
    this.#sockets.add(socket)
    return socket
  }

  kill(): void {
    this.#isDead = true
    for (const socket of this.#sockets) socket.destroy()
    this.#sockets.clear()
  }
}
