/** What time does to groups, by their kind. */
import { prepareRebalance } from './classic/rebalance.ts'
import { expireTimers, startSessions } from './classic/sessions.ts'
import { expireConsumerTimers, startTimers } from './consumer/timers.ts'
import type { Group } from './group.ts'
import { expireShareTimers, startShareTimers } from './share/settle.ts'
import { expireStreamsTimers, startStreamsTimers } from './streams/leave.ts'
import type { Effects } from './types.ts'

/** After loading. A classic group that outgrew group.max.size is called together, to be cut down. */
export function startGroup(effects: Effects, group: Group): void {
  switch (group.type) {
    case 'consumer':
      startTimers(effects, group)
      return
    case 'share':
      startShareTimers(effects, group)
      return
    case 'streams':
      startStreamsTimers(effects, group)
      return
    case 'classic':
      startSessions(group, effects.nowMs)
      if (group.members.size > effects.config.groupMaxSize) prepareRebalance(effects, group)
  }
}

/** Does what is due by now. */
export function expireGroup(effects: Effects, group: Group): void {
  switch (group.type) {
    case 'consumer':
      expireConsumerTimers(effects, group)
      return
    case 'share':
      expireShareTimers(effects, group)
      return
    case 'streams':
      expireStreamsTimers(effects, group)
      return
    case 'classic':
      expireTimers(effects, group)
  }
}
