import { createHash } from 'node:crypto'
import type { HostSpecification } from '../../model/host.ts'
import type { Waiting } from '../driver.ts'
import type { Ec2Api, Tags } from './api.ts'
import type { RecentlyMade } from './recently-made.ts'
import type { Setbacks } from './setbacks.ts'
import type { Ec2Settings } from './settings.ts'
import type { Overdue } from './stuck.ts'

/** What every step of a launch needs. */
export interface LaunchContext {
  readonly api: Ec2Api
  readonly settings: Ec2Settings
  readonly registrationToken: (hostId: string, volumeId: string) => string
  readonly recentlyMade: RecentlyMade
  readonly setbacks: Setbacks
  readonly overdue: Overdue
  readonly now: () => number
}

export function waiting({ hostId }: HostSpecification, what: string): Waiting {
  return { done: false, waitingFor: `host ${hostId}: ${what}` }
}

/** Within EC2's 64 characters. */
export function tokenOf(tags: Tags, ...parts: readonly (string | number)[]): string {
  const text = JSON.stringify([tags, ...parts])
  return createHash('sha256').update(text).digest('hex')
}

/** As often as this a host of one name can come anew while EC2 remembers its tokens. */
export const MAX_ATTEMPTS = 50
