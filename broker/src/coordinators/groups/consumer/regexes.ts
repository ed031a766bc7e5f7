/**
 * Topics that match the regular expressions of a group's members. RE2's syntax and its engine, which takes time in
 * proportion to the text whatever the expression is: Kafka's clients expect the former, the broker needs the latter.
 * Many topics are matched in slices.
 */
import { RE2JS } from 're2js'

/** States of the expression times characters that are matched in one go: a few milliseconds. */
const MAX_COST_PER_STEP = 50_000
/** A repetition of repetitions is short to write and long to match: one topic name should not take longer than a step. */
const MAX_STATES = 500

export interface Matches {
  /** Sorted topic names by expression. */
  readonly topics: ReadonlyMap<string, readonly string[]>
  readonly version: number
}

interface Work {
  readonly pending: { readonly regex: string; readonly compiled: RE2JS }[]
  readonly names: readonly string[]
  readonly version: number
  readonly found: Map<string, string[]>
  /** The next name for the first pending expression. */
  at: number
}

/** Why an expression is no RE2 expression; undefined if it is one. */
export function regexProblem(regex: string): string | undefined {
  try {
    const states = RE2JS.compile(regex).programSize()
    return states > MAX_STATES ? `it has ${states} states, more than ${MAX_STATES}` : undefined
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

export class RegexResolution {
  /** When all expressions of the group were last looked at. */
  lastRefreshMs = -Infinity
  /** Of the topics that were looked at then. */
  version = -1
  private work: Work | undefined

  get isUnderWay(): boolean {
    return this.work !== undefined
  }

  /** Whether the search under way finds what this one matches. */
  isPending(regex: string): boolean {
    return this.work?.found.has(regex) === true
  }

  /** Expressions that do not compile any more match nothing. */
  start(regexes: Iterable<string>, names: Iterable<string>, version: number): void {
    this.version = version
    const found = new Map<string, string[]>()
    const pending = [...regexes].flatMap((regex) => {
      found.set(regex, [])
      return regexProblem(regex) === undefined ? [{ regex, compiled: RE2JS.compile(regex) }] : []
    })
    this.work = { pending, names: [...names].sort(), version, found, at: 0 }
  }

  /** Goes on for a while; returns everything once it is done. */
  step(): Matches | undefined {
    const { work } = this
    if (!work) return undefined
    let cost = 0
    for (let next = work.pending[0]; next; next = work.pending[0]) {
      const size = next.compiled.programSize()
      for (let name = work.names[work.at]; name !== undefined; name = work.names[work.at]) {
        if (cost > MAX_COST_PER_STEP) return undefined
        cost += size * name.length
        if (next.compiled.matches(name)) work.found.get(next.regex)?.push(name)
        work.at++
      }
      work.pending.shift()
      work.at = 0
    }
    this.work = undefined
    return { topics: work.found, version: work.version }
  }
}
