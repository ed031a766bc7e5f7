import type { Documents } from '@freshet/coordination'
import { scalingKey } from '../../model/attachments.ts'
import { Collection } from '../../model/collection.ts'

/** What was decided for a cluster, and why. Kept with the cluster, the newest first. */
export interface RecordedDecision {
  readonly decidedAt: string
  readonly kind: 'BROKER_COUNT' | 'STORAGE'
  readonly action: 'HOLD' | 'OUT' | 'IN' | 'GROW'
  /** Brokers, or GiB of each volume. */
  readonly before: number
  readonly after: number
  readonly reason: string
  /** Whether it was carried out. */
  readonly outcome: 'ADVISED' | 'STARTED' | 'OVERTAKEN' | 'NOTHING_TO_DO'
  readonly clusterOperationArn?: string
  /** All that the decision rests on. */
  readonly detail: unknown
}

/** Written only when something else is decided than before: a cluster that is well costs neither write nor read. */
export class DecisionLog {
  readonly #records: Collection<{ readonly decisions: readonly RecordedDecision[] }>
  /** The last decision of each kind, by cluster. */
  readonly #last = new Map<string, RecordedDecision[]>()

  constructor(documents: Documents) {
    this.#records = new Collection(documents, scalingKey(''))
  }

  async read(clusterUuid: string): Promise<readonly RecordedDecision[]> {
    return (await this.#records.get(clusterUuid))?.decisions ?? []
  }

  async add(clusterUuid: string, decision: RecordedDecision): Promise<void> {
    const known = this.#last.get(clusterUuid)?.find(({ kind }) => kind === decision.kind)
    if (known !== undefined && isSame(known, decision)) return
    const earlier = await this.read(clusterUuid)
    const last = known ?? earlier.find(({ kind }) => kind === decision.kind)
    const isNews = last === undefined ? decision.outcome !== 'NOTHING_TO_DO' : !isSame(last, decision)
    if (isNews) {
      await this.#records.put(clusterUuid, { decisions: [decision, ...earlier].slice(0, DECISIONS_MAX) })
    }
    const others = this.#last.get(clusterUuid)?.filter(({ kind }) => kind !== decision.kind) ?? []
    this.#last.set(clusterUuid, [...others, decision])
  }

  /** Remembers no clusters but these. */
  keep(clusterUuids: ReadonlySet<string>): void {
    for (const uuid of this.#last.keys()) if (!clusterUuids.has(uuid)) this.#last.delete(uuid)
  }
}

const DECISIONS_MAX = 50

function isSame(one: RecordedDecision, other: RecordedDecision): boolean {
  return (
    other.outcome !== 'STARTED' &&
    one.action === other.action &&
    one.after === other.after &&
    one.outcome === other.outcome
  )
}
