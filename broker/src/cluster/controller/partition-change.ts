/**
 * One change of a partition with all that follows from it: a reassignment that is now complete ends (KIP-455), what
 * leaves too small an ISR stays eligible to lead (KIP-966), and somebody leads if anybody may (KIP-631).
 */
import type { PartitionImage } from '../image-types.ts'
import { LeaderRecoveryState, NO_LEADER, partitionChange, type RecordOf } from '../records.ts'

/**
 * ONLINE keeps the leader, else takes who is in sync. PREFERRED tries the first replica first. UNCLEAN takes anybody
 * alive rather than nobody, though records may be lost.
 */
export type Election = 'ONLINE' | 'PREFERRED' | 'UNCLEAN'

export interface PartitionRules {
  readonly election: Election
  readonly minInsyncReplicas: number
  /** Whether the broker is alive and stays. */
  mayLead(brokerId: number): boolean
}

type Assignment = Pick<PartitionImage, 'replicas' | 'addingReplicas' | 'removingReplicas'>
type State = Pick<PartitionImage, 'isr' | 'eligibleLeaderReplicas' | 'offlineReplicas'>

export interface PartitionDraft extends Partial<Assignment> {
  readonly isr?: readonly number[]
  readonly leaderRecoveryState?: PartitionImage['leaderRecoveryState']
  /** Replicas of which it is not known that they still have what they had: they are neither in sync nor eligible. */
  readonly uncleanReplicas?: readonly number[]
  /** All replicas whose log is offline from now on: unclean ones, that cannot lead either. */
  readonly offlineReplicas?: readonly number[]
}

/** The record that makes the change; undefined if nothing differs in the end. */
export function changePartition(
  topicId: string,
  before: PartitionImage,
  draft: PartitionDraft,
  rules: PartitionRules,
): RecordOf<'PartitionChange'> | undefined {
  const { uncleanReplicas: given = [], ...wanted } = draft
  const uncleanReplicas = [...given, ...(wanted.offlineReplicas ?? before.offlineReplicas)]
  const wantedIsr = without(wanted.isr ?? before.isr, uncleanReplicas)
  const assigned = finishReassignment({ ...before, ...wanted, isr: wantedIsr })
  const state = keepEligible(before, assigned, uncleanReplicas, rules)
  const { isUnclean, ...elected } = elect(before, { ...assigned, ...state }, rules)
  const after = { ...assigned, ...state, ...elected }
  return difference(topicId, before, { ...after, lastKnownElr: lastKnownLeader(before, after) }, isUnclean)
}

/** Those of the ISR that will remain are enough: the new replicas are in sync, and none is lost on the way. */
function finishReassignment(partition: PartitionImage): PartitionImage {
  const { addingReplicas, removingReplicas } = partition
  if (addingReplicas.length === 0 && removingReplicas.length === 0) return partition
  const replicas = without(partition.replicas, removingReplicas)
  const isr = without(partition.isr, removingReplicas)
  const original = without(partition.replicas, addingReplicas)
  // When the partition gets fewer replicas, all of them must be in sync before the others go.
  const needed = replicas.length < original.length ? replicas : without(addingReplicas, removingReplicas)
  if (isr.length === 0 || !needed.every((id) => isr.includes(id))) return partition
  return { ...partition, replicas, isr, addingReplicas: [], removingReplicas: [] }
}

/**
 * While the ISR is smaller than min.insync.replicas nothing is committed, so whoever left it since then still has
 * every committed record.
 */
function keepEligible(
  before: PartitionImage,
  { replicas, isr, offlineReplicas: offline }: PartitionImage,
  uncleanReplicas: readonly number[],
  rules: PartitionRules,
): State {
  const offlineReplicas = offline.filter((id) => replicas.includes(id))
  if (commits(isr, replicas, rules)) return { isr, eligibleLeaderReplicas: [], offlineReplicas }
  const had = [...new Set([...before.eligibleLeaderReplicas, ...before.isr])]
  const eligible = had.filter((id) => replicas.includes(id))
  const eligibleLeaderReplicas = without(without(eligible, isr), uncleanReplicas)
  return { isr, eligibleLeaderReplicas, offlineReplicas }
}

interface Elected
  extends Pick<PartitionImage, 'isr' | 'eligibleLeaderReplicas' | 'leader' | 'leaderRecoveryState'> {
  /** Whether the leader was taken although it may lack committed records. */
  readonly isUnclean: boolean
}

function elect(before: PartitionImage, partition: PartitionImage, rules: PartitionRules): Elected {
  const { replicas, isr, eligibleLeaderReplicas, leaderRecoveryState, offlineReplicas } = partition
  const candidates = isr.length > 0 ? isr : eligibleLeaderReplicas
  const mayLead = (id: number) =>
    candidates.includes(id) && rules.mayLead(id) && !offlineReplicas.includes(id)
  const first = rules.election === 'PREFERRED' ? replicas.slice(0, 1) : []
  const leader = [...first, before.leader, ...replicas].find(mayLead)
  if (leader === undefined) return electUnclean(before, partition, rules)
  if (isr.includes(leader))
    return { leader, isr, eligibleLeaderReplicas, leaderRecoveryState, isUnclean: false }
  // It alone is known to be equal to itself; the others have to catch up.
  const alone = [leader]
  const others = commits(alone, replicas, rules) ? [] : without(eligibleLeaderReplicas, alone)
  return { leader, isr: alone, eligibleLeaderReplicas: others, leaderRecoveryState, isUnclean: false }
}

/** Nobody is left who has every committed record and is alive. */
function electUnclean(before: PartitionImage, partition: PartitionImage, rules: PartitionRules): Elected {
  const { isr, eligibleLeaderReplicas, leaderRecoveryState } = partition
  const leader = uncleanLeader(before, partition, rules)
  if (leader === undefined)
    return { leader: NO_LEADER, isr, eligibleLeaderReplicas, leaderRecoveryState, isUnclean: false }
  return {
    leader,
    isr: [leader],
    eligibleLeaderReplicas: [],
    leaderRecoveryState: LeaderRecoveryState.RECOVERING,
    isUnclean: true,
  }
}

function uncleanLeader(
  before: PartitionImage,
  { replicas, addingReplicas, isr, eligibleLeaderReplicas, offlineReplicas }: PartitionImage,
  { election, ...rules }: PartitionRules,
): number | undefined {
  const mayLead = (id: number) => rules.mayLead(id) && !offlineReplicas.includes(id)
  const [lastKnown] = before.lastKnownElr
  const isHopeless = isr.length === 0 && eligibleLeaderReplicas.length === 0
  if (isHopeless && lastKnown !== undefined && mayLead(lastKnown)) {
    // Every replica is back and none kept everything (all machines lost power): waiting cannot help any more.
    const isAllThereIs = without(replicas, addingReplicas).every(mayLead)
    if (isAllThereIs || (election === 'UNCLEAN' && replicas.includes(lastKnown))) return lastKnown
  }
  return election === 'UNCLEAN' ? replicas.find(mayLead) : undefined
}

/** Who led last when the ISR ran empty: the best guess if nobody is eligible any more. */
function lastKnownLeader(
  before: PartitionImage,
  { leader, isr, replicas }: PartitionImage,
): readonly number[] {
  if (leader !== NO_LEADER) return []
  const last = before.leader === NO_LEADER ? before.isr[0] : before.leader
  const known = isr.length === 0 && last !== undefined ? [last] : before.lastKnownElr
  return known.filter((id) => replicas.includes(id))
}

/** Whether the high watermark may advance with this ISR. */
function commits(isr: readonly number[], replicas: readonly number[], rules: PartitionRules): boolean {
  return isr.length >= Math.min(rules.minInsyncReplicas, replicas.length)
}

const LISTS = [
  'isr',
  'replicas',
  'removingReplicas',
  'addingReplicas',
  'eligibleLeaderReplicas',
  'lastKnownElr',
  'offlineReplicas',
] as const

function difference(
  topicId: string,
  before: PartitionImage,
  after: PartitionImage,
  isUnclean: boolean,
): RecordOf<'PartitionChange'> | undefined {
  const lists = LISTS.filter((name) => !isEqual(before[name], after[name])).map((name) => [name, after[name]])
  // A replica that goes must notice: it follows no leader of a newer epoch.
  const loses = before.replicas.some((id) => !after.replicas.includes(id))
  const change = {
    ...Object.fromEntries(lists),
    ...(after.leader !== before.leader || loses || isUnclean ? { leader: after.leader } : {}),
    ...(after.leaderRecoveryState !== before.leaderRecoveryState || isUnclean
      ? { leaderRecoveryState: after.leaderRecoveryState }
      : {}),
  }
  if (Object.keys(change).length === 0) return undefined
  return partitionChange(topicId, before.partitionId, change)
}

function without(ids: readonly number[], removed: readonly number[]): readonly number[] {
  return removed.length === 0 ? ids : ids.filter((id) => !removed.includes(id))
}

function isEqual(one: readonly number[], other: readonly number[]): boolean {
  return one.length === other.length && one.every((id, at) => id === other[at])
}
