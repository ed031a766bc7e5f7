import type { Mutant } from './mutant.ts'
import { otherMutants } from './others.ts'
import { replicationMutants } from './replication.ts'

export const allMutants: readonly Mutant[] = [...replicationMutants, ...otherMutants]
