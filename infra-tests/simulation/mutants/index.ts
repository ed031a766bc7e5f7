import type { Mutant } from './mutant.ts'
import { otherMutants } from './others.ts'
import { readMutants } from './reads.ts'
import { replicationMutants } from './replication.ts'

export const allMutants: readonly Mutant[] = [...replicationMutants, ...readMutants, ...otherMutants]
