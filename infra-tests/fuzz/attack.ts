/** Many connections at once, each sending pipelines of bad and good requests and watching what comes back. */
import { Random } from '../support/random.ts'
import { type ExchangeOptions, exchange } from './exchange.ts'
import { type Input, randomPipeline } from './inputs.ts'
import { type Call, Repertoire } from './repertoire.ts'

/** What is sent: the same for the same seed and calls, whatever the broker answers. */
export interface AttackPlan {
  readonly seed: number
  readonly calls: readonly Call[]
}

export interface AttackOptions extends AttackPlan, ExchangeOptions {
  readonly inputs: number
  readonly lanes: number
  /** Told how many inputs the broker has taken. */
  readonly onProgress: (inputs: number) => void
  /** Told of each finding at once: what comes later may end the attack otherwise. */
  readonly onFinding: (finding: Finding) => void
}

/** What must not happen, and after which pipeline it did. */
export interface Finding {
  readonly lane: number
  readonly round: number
  readonly what: string
}

export interface AttackResult {
  /** Inputs that the broker took: answered, or the one after which it closed. */
  readonly inputs: number
  readonly answered: number
  readonly closed: number
  /** How often each call was made with the shape that its schema has, whatever its values. */
  readonly calls: ReadonlyMap<string, number>
  readonly findings: readonly Finding[]
}

/** So many findings end an attack: more of them would seldom tell more. */
export const FINDINGS_MAX = 10

export async function attack(options: AttackOptions): Promise<AttackResult> {
  const calls = new Map<string, number>()
  const tally = { inputs: 0, answered: 0, closed: 0, calls, findings: [] as Finding[] }
  const lane = async (index: number): Promise<void> => {
    for (const { round, pipeline } of pipelinesOf(options, index)) {
      if (tally.inputs >= options.inputs || tally.findings.length >= FINDINGS_MAX) return
      const outcome = await exchange(options, pipeline)
      tally.inputs += outcome.taken
      options.onProgress(tally.inputs)
      for (const { call } of pipeline.slice(0, outcome.taken))
        if (call !== undefined) calls.set(call, (calls.get(call) ?? 0) + 1)
      tally.answered += outcome.answered
      tally.closed += outcome.closed ? 1 : 0
      if (outcome.finding === undefined) continue
      const finding = { lane: index, round, what: outcome.finding }
      tally.findings.push(finding)
      options.onFinding(finding)
    }
  }
  await Promise.all(Array.from({ length: options.lanes }, (_, index) => lane(index)))
  return tally
}

export interface Rounds {
  readonly lane: number
  readonly first: number
  readonly last: number
}

/** Sends again what one lane of an attack sent in these rounds, and nothing else. */
export async function replay(options: AttackPlan & ExchangeOptions, rounds: Rounds): Promise<Finding[]> {
  const { lane, first, last } = rounds
  const findings: Finding[] = []
  for (const { round, pipeline } of pipelinesOf(options, lane)) {
    if (round > last) break
    if (round < first) continue
    const { finding } = await exchange(options, pipeline)
    if (finding !== undefined) findings.push({ lane, round, what: finding })
  }
  return findings
}

/** Without end. */
function* pipelinesOf(
  { seed, calls }: AttackPlan,
  lane: number,
): Generator<{ readonly round: number; readonly pipeline: readonly Input[] }> {
  const random = new Random(seed + lane * 7919)
  const repertoire = new Repertoire(calls, random)
  for (let round = 0; ; round++) yield { round, pipeline: randomPipeline(random, repertoire) }
}
