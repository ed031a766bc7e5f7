/**
 * Bad input against running brokers. Every input ends in an answer or a closed connection; the broker lives and stays
 * small, and serves others meanwhile. What may unsettle a cluster goes to a broker of its own: that one has to live on.
 */
import { residentMegabytesOf } from '../benchmark/process-usage.ts'
import type { ClusterUnderTest } from '../conformance/cluster-under-test.ts'
import { parseAddress, RawClient } from '../support/raw-client.ts'
import { type AttackResult, attack } from './attack.ts'
import { type Call, clientCalls, nameOf, unsettlingCalls } from './repertoire.ts'
import { attackedTopics } from './values.ts'
import { startWitness, type Testimony } from './witness.ts'

export interface FuzzOptions {
  readonly seed: number
  readonly cases: number
}

export interface FuzzResult {
  readonly attack: AttackResult
  /** What the broker's memory was at most, in each quarter of the attack. */
  readonly peaksMegabytes: readonly number[]
  /** What went wrong, one line each. */
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

/** All calls of clients, with a witness beside them. */
export async function fuzzClients(cluster: ClusterUnderTest, options: FuzzOptions): Promise<FuzzResult> {
  const target = parseAddress(cluster.bootstrap)
  const witness = await startWitness(target)
  const result = await fuzz(cluster, clientCalls, options)
  const testimony = await witness.stop()
  const after = await RawClient.connect(target)
  const { brokers } = await after.metadata([])
  after.close()
  const lost = brokers.size === 1 ? [] : [`${brokers.size} brokers are left`]
  return { ...result, complaints: [...result.complaints, ...complaintsOf(testimony), ...lost] }
}

/** Calls that may take the broker out of its cluster. */
export function fuzzUnsettling(cluster: ClusterUnderTest, options: FuzzOptions): Promise<FuzzResult> {
  return fuzz(cluster, unsettlingCalls, options)
}

async function fuzz(
  cluster: ClusterUnderTest,
  calls: readonly Call[],
  { seed, cases }: FuzzOptions,
): Promise<FuzzResult> {
  const target = parseAddress(cluster.bootstrap)
  const preparation = await RawClient.connect(target)
  for (const topic of attackedTopics) await preparation.createTopic({ topic, partitions: 2 })
  preparation.close()
  const [broker] = cluster.brokers
  if (broker === undefined) throw new Error('there is no broker to attack')
  const peaksMegabytes = Array<number>(QUARTERS).fill(0)
  let quarter = 0
  const onProgress = (inputs: number) => {
    quarter = Math.min(QUARTERS - 1, Math.floor((inputs / cases) * QUARTERS))
  }
  const sampler = setInterval(() => {
    peaksMegabytes[quarter] = Math.max(peaksMegabytes[quarter] ?? 0, residentMegabytesOf(broker.pid))
  }, SAMPLE_MS)
  try {
    const options = { target, seed, inputs: cases, calls, lanes: LANES, stallMs: STALL_MS, onProgress }
    const result = await attack(options)
    const complaints = [...result.findings, ...untried(calls, result), ...tooFew(result, cases)]
    return {
      attack: result,
      peaksMegabytes,
      complaints: [...complaints, ...tooLarge(peaksMegabytes, cases)],
    }
  } finally {
    clearInterval(sampler)
  }
}

function untried(calls: readonly Call[], { calls: tried }: AttackResult): string[] {
  return calls
    .map(nameOf)
    .filter((name) => !tried.has(name))
    .map((name) => `${name} was never called`)
}

/** An attack that the broker only ever turns away proves nothing. */
function tooFew({ inputs, answered }: AttackResult, cases: number): string[] {
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
