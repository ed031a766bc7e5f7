/** TxnOffsetCommit: offsets that count when the producer's transaction commits (KIP-98, KIP-447). */
import { ErrorCode } from '../../../wire/index.ts'
import type { ProducerStamp } from '../../coordinator-shard.ts'
import type { OffsetCommitRequest, OffsetCommitResponse } from '../bodies.ts'
import { findInGeneration } from '../classic/validation.ts'
import type { Group } from '../group.ts'
import type { Effects } from '../types.ts'
import { type CommitCheck, checkCommitter, MEMBER_EPOCH_VERSION } from './commit-checks.ts'
import { commitOffsets, commitRequestError, commitResponse } from './offset-commit.ts'

/** There is one answer for a generation of a group that is not there: ILLEGAL_GENERATION. */
const WITHOUT_GROUP_ERRORS_VERSION = 0

export function transactionalCommit(
  effects: Effects,
  request: OffsetCommitRequest,
  { producerId }: ProducerStamp,
): OffsetCommitResponse {
  const { groups, wallMs } = effects
  const { groupId } = request
  const known = groups.get(groupId)
  const errorCode = commitRequestError(request, WITHOUT_GROUP_ERRORS_VERSION, known !== undefined)
  if (errorCode !== ErrorCode.NONE) return commitResponse(request, () => errorCode)
  const group = known ?? groups.openClassic(groupId, wallMs)
  const check = checkTransactionalCommitter(effects, group, request)
  return commitOffsets(effects, group, { request, check }, (topic, partition, committed) => {
    groups.addPending(producerId, groupId, { topic, partition, committed })
  })
}

/** Older versions do not say who commits; whoever does must be of the current generation, even while it is made. */
function checkTransactionalCommitter(
  effects: Effects,
  group: Group,
  request: OffsetCommitRequest,
): CommitCheck {
  const { memberId, groupInstanceId, generationIdOrMemberEpoch: generationId } = request
  if (generationId < 0 && memberId === '' && groupInstanceId === null) return () => ErrorCode.NONE
  if (group.type !== 'classic') return checkCommitter(effects, group, request, MEMBER_EPOCH_VERSION)
  const { errorCode } = findInGeneration(group, { memberId, groupInstanceId }, generationId)
  return () => errorCode
}
