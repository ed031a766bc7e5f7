import { ClassicGroup, ConsumerGroup, GroupShard } from '../broker-code.ts'
import { replaceGetter, replaceMethod } from './mutant.ts'

/** While it looks at a commit the coordinator takes every group for one without members: then anybody may commit. */
export function takeCommitsOfAnybody(): () => void {
  let isLooking = false
  const mends = [
    replaceGetter(
      ClassicGroup.prototype,
      'isEmpty',
      (original) =>
        function (this: ClassicGroup) {
          return isLooking || original.call(this)
        },
    ),
    replaceGetter(
      ConsumerGroup.prototype,
      'isEmpty',
      (original) =>
        function (this: ConsumerGroup) {
          return isLooking || original.call(this)
        },
    ),
    replaceMethod(
      GroupShard.prototype,
      'offsetCommit',
      (original) =>
        function (this: GroupShard, token, request, version, nowMs) {
          const anybody = { ...request, memberId: '', generationIdOrMemberEpoch: -1, groupInstanceId: null }
          isLooking = true
          try {
            return original.call(this, token, anybody, version, nowMs)
          } finally {
            isLooking = false
          }
        },
    ),
  ]
  return () => {
    for (const mend of mends) mend()
  }
}
