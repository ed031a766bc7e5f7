/**
 * Bad input against running brokers. Every input ends in an answer or a closed connection; the broker lives and stays
 * small, and serves others meanwhile. What may unsettle a cluster goes to a broker of its own: that one has to live on.
 */
import { residentMegabytesOf } from '../benchmark/process-usage.ts'
import type { ClusterUnderTest } from '../conformance/cluster-under-test.ts'
import { parseAddress, RawClient } from '../support/raw-client.ts'
import { type AttackResult, attack, FINDINGS_MAX, type Finding, type Rounds, replay } from './attack.ts'
import { type Call, clientCalls, nameOf, unsettlingCalls } from './repertoire.ts'
import { describeFinding } from './report.ts'
import { attackedTopics } from './values.ts'
import { startWitness, type Testimony } from './witness.ts'

/** All calls of clients, with a witness beside them; or those that may take the broker out of its cluster. */
export type Part = 'clients' | 'brokers'

export interface FuzzOptions {
  readonly part: Part
  readonly seed: number
  readonly cases: number
  /** Told of each finding when it is made. */
  readonly onFinding?: (description: string) => void
}

export interface FuzzResult {
  readonly attack: AttackResult
  /** What the broker's memory was at most, in each quarter of the attack. */
  readonly peaksMegabytes: readonly number[]
  /** Inputs that led to what must not happen, each with the command that sends them again. */
  readonly findings: readonly string[]
  /** What else went wrong, one line each. */
  readonly complaints: readonly string[]
}

/** Thousands of partitions are created and deleted every minute. */
const RESIDENT_MEGABYTES_MAX = 400
const QUARTERS = 4
/** Memory does not grow with the length of an attack that is long enough to tell. */
const LONG_ATTACK_CASES = 500_000
const LAST_QUARTER_GROWTH_MAX = 1.1
const WITNESS_SLOWEST_MS = 1000
const LANES = 16
const STALL_MS = 5_000
const SAMPLE_MS = 200

const callsOf: Readonly<Record<Part, readonly Call[]>> = { clients: clientCalls, brokers: unsettlingCalls }

export async function fuzz(cluster: ClusterUnderTest, options: FuzzOptions): Promise<FuzzResult> {
  if (options.part === 'brokers') return await fuzzCalls(cluster, options)
  const target = parseAddress(cluster.bootstrap)
  const witness = await startWitness(target)
  const result = await fuzzCalls(cluster, options)
  const testimony = await witness.stop()
  const after = await RawClient.connect(target)
  const { brokers } = await after.metadata([])
  after.close()
  const lost = brokers.size === 1 ? [] : [`${brokers.size} brokers are left`]
  return { ...result, complaints: [...result.complaints, ...complaintsOf(testimony), ...lost] }
}

/** Sends again what a lane sent in these rounds. */
export async function replayFinding(
  cluster: ClusterUnderTest,
  { part, seed }: Pick<FuzzOptions, 'part' | 'seed'>,
  rounds: Rounds,
): Promise<Finding[]> {
  await createAttackedTopics(cluster)
  const target = parseAddress(cluster.bootstrap)
  return replay({ target, seed, calls: callsOf[part], stallMs: STALL_MS }, rounds)
}

async function fuzzCalls(
  cluster: ClusterUnderTest,
  { part, seed, cases, onFinding }: FuzzOptions,
): Promise<FuzzResult> {
  const calls = callsOf[part]
  await createAttackedTopics(cluster)
  const [broker] = cluster.brokers
  if (broker === undefined) throw new Error('there is no broker to attack')
  const peaksMegabytes = Array<number>(QUARTERS).fill(0)
  let quarter = 0
  const findings: string[] = []
  const sampler = setInterval(() => {
    peaksMegabytes[quarter] = Math.max(peaksMegabytes[quarter] ?? 0, residentMegabytesOf(broker.pid))
  }, SAMPLE_MS)
  try {
    const result = await attack({
      target: parseAddress(cluster.bootstrap),
      seed,
      inputs: cases,
      calls,
      lanes: LANES,
      stallMs: STALL_MS,
      onProgress: (inputs) => {
        quarter = Math.min(QUARTERS - 1, Math.floor((inputs / cases) * QUARTERS))
      },
      onFinding: (finding) => {
        const description = describeFinding(finding, seed, part)
        findings.push(description)
        onFinding?.(description)
      },
    })
    const complaints = [
      ...untried(calls, result),
      ...tooFew(result, cases),
      ...tooLarge(peaksMegabytes, cases),
    ]
    return { attack: result, peaksMegabytes, findings, complaints }
  } finally {
    clearInterval(sampler)
  }
}

async function createAttackedTopics(cluster: ClusterUnderTest): Promise<void> {
  const client = await RawClient.connect(parseAddress(cluster.bootstrap))
  for (const topic of attackedTopics) await client.createTopic({ topic, partitions: 2 })
  client.close()
}

function untried(calls: readonly Call[], { calls: tried }: AttackResult): string[] {
  return calls
    .map(nameOf)
    .filter((name) => !tried.has(name))
    .map((name) => `${name} was never called`)
}

/** An attack that the broker only ever turns away proves nothing. */
function tooFew({ inputs, answered, findings }: AttackResult, cases: number): string[] {
  if (findings.length >= FINDINGS_MAX)
    return [`ended after ${findings.length} findings, with ${inputs} of ${cases} inputs`]
  return inputs >= cases && answered > cases / 10 ? [] : [`${inputs} inputs taken, ${answered} answered`]
}

function tooLarge(peaksMegabytes: readonly number[], cases: number): string[] {
  const peak = Math.max(...peaksMegabytes)
  const [before = 0, last = 0] = peaksMegabytes.slice(-2)
  const grows = cases >= LONG_ATTACK_CASES && last > before * LAST_QUARTER_GROWTH_MAX
  return [
    ...(peak < RESIDENT_MEGABYTES_MAX
      ? []
      : [`${Math.round(peak)} MB resident, ${RESIDENT_MEGABYTES_MAX} are the limit`]),
    ...(grows ? [`from ${Math.round(before)} to ${Math.round(last)} MB in the last quarter`] : []),
  ]
}

function complaintsOf({ complaints, exchanges, slowestMs }: Testimony): string[] {
  return [
    ...complaints.map((complaint) => `witness: ${complaint}`),
    ...(exchanges > 100 ? [] : [`witness: ${exchanges} exchanges only`]),
    ...(slowestMs < WITNESS_SLOWEST_MS ? [] : [`witness: waited ${Math.round(slowestMs)} ms`]),
  ]
}
