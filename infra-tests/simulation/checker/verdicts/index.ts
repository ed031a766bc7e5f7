/** Every verdict, the gravest first. */
import type { VerdictCheck } from '../verdict.ts'
import { abortedRead } from './aborted-read.ts'
import { belowLogStart } from './below-log-start.ts'
import { circularInformation } from './circular-information.ts'
import { deletedTooEarly } from './deleted-too-early.ts'
import { duplicate } from './duplicate.ts'
import { falseFailure } from './false-failure.ts'
import { inconsistentOffsets } from './inconsistent-offsets.ts'
import { intNonmonotonicPoll } from './int-nonmonotonic-poll.ts'
import { intNonmonotonicSend } from './int-nonmonotonic-send.ts'
import { intPollSkip } from './int-poll-skip.ts'
import { intSendSkip } from './int-send-skip.ts'
import { lostCommit } from './lost-commit.ts'
import { lostWrite } from './lost-write.ts'
import { lsoStuck } from './lso-stuck.ts'
import { nonmonotonicPoll } from './nonmonotonic-poll.ts'
import { nonmonotonicSend } from './nonmonotonic-send.ts'
import { nonmonotonicWatermark } from './nonmonotonic-watermark.ts'
import { offsetGap } from './offset-gap.ts'
import { phantom } from './phantom.ts'
import { pollSkip } from './poll-skip.ts'
import { precommittedRead } from './precommitted-read.ts'
import { realtimeOrder } from './realtime-order.ts'
import { reorderedWrite } from './reordered-write.ts'
import { shareDeliveryCount } from './share-delivery-count.ts'
import { shareLockBroken } from './share-lock-broken.ts'
import { shareRedelivered } from './share-redelivered.ts'
import { shareUndelivered } from './share-undelivered.ts'
import { sharedPartition } from './shared-partition.ts'
import { stuckClient } from './stuck-client.ts'
import { tornTransaction } from './torn-transaction.ts'
import { undeleted } from './undeleted.ts'
import { undrained } from './undrained.ts'
import { unseen } from './unseen.ts'
import { writeCycle } from './write-cycle.ts'
import { writeReadCycle } from './write-read-cycle.ts'
import { zombieCommit } from './zombie-commit.ts'

export const verdictChecks: readonly VerdictCheck[] = [
  lostWrite,
  unseen,
  inconsistentOffsets,
  duplicate,
  phantom,
  falseFailure,
  offsetGap,
  belowLogStart,
  undeleted,
  deletedTooEarly,
  abortedRead,
  precommittedRead,
  tornTransaction,
  circularInformation,
  pollSkip,
  intPollSkip,
  nonmonotonicPoll,
  intNonmonotonicPoll,
  nonmonotonicSend,
  intNonmonotonicSend,
  reorderedWrite,
  realtimeOrder,
  lostCommit,
  sharedPartition,
  zombieCommit,
  shareRedelivered,
  shareUndelivered,
  shareLockBroken,
  shareDeliveryCount,
  lsoStuck,
  nonmonotonicWatermark,
  stuckClient,
  undrained,
  writeCycle,
  writeReadCycle,
  intSendSkip,
]
