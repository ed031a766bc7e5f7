/** Which APIs an attack uses, and in which versions: all of them, one after the other. */
import { apiSchemas } from '@freshet/broker/apis'
import type { Api } from '@freshet/broker/wire'
import type { Random } from '../support/random.ts'

/**
 * Sound requests of these may rightly take a broker out of its cluster, or leave partitions without a leader: no witness
 * can stand beside them.
 */
const unsettling = new Set([43, 45, 56, 58, 62, 63, 64, 67])

export interface Call {
  readonly api: Api
  readonly version: number
}

export const clientCalls: readonly Call[] = callsOf(apiSchemas.filter(({ key }) => !unsettling.has(key)))
export const unsettlingCalls: readonly Call[] = callsOf(apiSchemas.filter(({ key }) => unsettling.has(key)))

export function nameOf({ api, version }: Call): string {
  return `${api.name} ${version}`
}

/** Each call comes once before any comes again. */
export class Repertoire {
  readonly #calls: readonly Call[]
  readonly #random: Random
  #left: Call[] = []

  constructor(calls: readonly Call[], random: Random) {
    this.#calls = calls
    this.#random = random
  }

  next(): Call {
    if (this.#left.length === 0) this.#left = [...this.#calls]
    const [call] = this.#left.splice(this.#random.below(this.#left.length), 1)
    if (call === undefined) throw new Error('there is no call to make')
    return call
  }
}

function callsOf(apis: readonly Api[]): Call[] {
  return apis.flatMap((api) => {
    const [first, last] = api.versions
    return Array.from({ length: last - first + 1 }, (_, index) => ({ api, version: first + index }))
  })
}
