/** All mutants, and in what kind of run each of them shows. */
import type { SimulationOptions } from '../simulation.ts'
import { COMPACTED } from '../topic-kind.ts'
import { compactedTransactionMutants, compactionMutants } from './compaction.ts'
import { consumerMutants } from './consumers.ts'
import { deletionMutants } from './deletions.ts'
import type { Mutant } from './mutant.ts'
import { otherMutants } from './others.ts'
import { quotaMutants } from './quotas.ts'
import { readMutants } from './reads.ts'
import { replicationMutants } from './replication.ts'
import { retentionMutants } from './retention.ts'
import { shareMutants } from './shares.ts'
import { transactionMutants } from './transactions.ts'

export type RunOptions = Omit<SimulationOptions, 'seed'>

export interface MutantSuite {
  readonly options: RunOptions
  readonly mutants: readonly Mutant[]
}

const REPLICATED = { brokers: 3, replicationFactor: 3 }

/** Those that show without further clients. */
export const plainMutants: readonly Mutant[] = [...replicationMutants, ...readMutants, ...otherMutants]

export const mutantSuites: readonly MutantSuite[] = [
  { options: REPLICATED, mutants: plainMutants },
  { options: { ...REPLICATED, topicKind: COMPACTED }, mutants: compactionMutants },
  { options: { ...REPLICATED, extras: ['transactions'] }, mutants: transactionMutants },
  {
    options: { ...REPLICATED, topicKind: COMPACTED, extras: ['transactions'] },
    mutants: compactedTransactionMutants,
  },
  { options: { ...REPLICATED, extras: ['shares'] }, mutants: shareMutants },
  { options: { ...REPLICATED, extras: ['deletions'] }, mutants: deletionMutants },
  { options: { ...REPLICATED, extras: ['consumers'] }, mutants: consumerMutants },
  { options: { ...REPLICATED, extras: ['quotas'] }, mutants: quotaMutants },
  { options: { ...REPLICATED, extras: ['retention'] }, mutants: retentionMutants },
]
