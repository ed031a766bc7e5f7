import type { Documents } from '@freshet/coordination'
import type { LeaderTask } from './leader-tasks.ts'

/**
 * How the leading control plane learns of what another one did: whoever changes a cluster without leading, or is new,
 * raises the version of one document afterwards, and the leader looks at it twice a second. One that dies between the
 * two writes leaves a change that the leader sees when its snapshot of the clusters is too old (`LEADER_SNAPSHOT_MS`).
 */
export class ChangeFeed {
  readonly #documents: Documents
  #seen = 0

  constructor(documents: Documents) {
    this.#documents = documents
  }

  async announce(): Promise<void> {
    await this.#documents.put(KEY, {})
  }

  /** Calls back when others have announced changes. */
  listener(onChange: () => Promise<void>): LeaderTask {
    return {
      name: 'change-feed',
      everyMs: LOOK_MS,
      run: async () => {
        const version = (await this.#documents.get(KEY))?.version ?? 0
        if (version === this.#seen) return
        this.#seen = version
        await onChange()
      },
    }
  }
}

const KEY = 'changes'
const LOOK_MS = 500
