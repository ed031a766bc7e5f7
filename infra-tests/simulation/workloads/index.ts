/** The clients of a run, as its seed wants them. */
import type { HistoryRecorder } from '../checker/recorder.ts'
import { Admin, type TopicDraft } from '../clients/admin.ts'
import type { TopicKind } from '../topic-kind.ts'
import type { World } from '../world/world.ts'
import { AdministrationWorkload } from './administration.ts'
import { DeletionsWorkload } from './deletions.ts'
import { GroupWorkload } from './group.ts'
import { RecordsWorkload } from './records.ts'
import { SharesWorkload } from './shares.ts'
import { TransactionsWorkload } from './transactions.ts'
import type { Workload, WorkloadParts } from './workload.ts'

const TOPIC = 'orders'

export interface WorkloadOptions {
  readonly replicationFactor: number
  readonly topicKind: TopicKind
  readonly extras: readonly ExtraWorkload[]
}

type Start = (parts: WorkloadParts) => Promise<Workload>

/** What a run may have beside the usual clients, by name. */
const EXTRAS = {
  transactions: TransactionsWorkload.start,
  shares: SharesWorkload.start,
  deletions: DeletionsWorkload.start,
} satisfies Record<string, Start>

export type ExtraWorkload = keyof typeof EXTRAS

export function extrasNamed(names: readonly string[]): ExtraWorkload[] {
  return names.map((name) => {
    if (!Object.hasOwn(EXTRAS, name))
      throw new Error(`there are no clients ${name}; there are ${Object.keys(EXTRAS).join(', ')}`)
    return name as ExtraWorkload
  })
}

/** Makes the topic that they all use, and starts them. */
export async function startWorkloads(
  world: World,
  history: HistoryRecorder,
  { replicationFactor, topicKind, extras }: WorkloadOptions,
): Promise<readonly Workload[]> {
  const { dice } = world
  const { topicConfigs, keys } = topicKind
  const admin = new Admin(world, 'admin')
  const draft: TopicDraft = {
    name: TOPIC,
    partitions: dice.between(1, 3),
    replicationFactor,
    configs: {
      'min.insync.replicas': String(Math.min(2, replicationFactor)),
      'segment.ms': String(dice.pick([2000, 10_000, 604_800_000])),
      ...(dice.chance(0.2) && { 'flush.messages': '1' }),
      ...topicConfigs,
    },
  }
  await admin.createTopic(draft)
  if (keys !== undefined) history.notice('run', { name: 'topic', topic: TOPIC, compacted: true })
  const parts = { world, history, replicationFactor, topic: TOPIC, keys }
  return [
    new AdministrationWorkload(world, admin, draft),
    new RecordsWorkload(parts),
    new GroupWorkload(parts),
    ...(await Promise.all(extras.map((name) => EXTRAS[name](parts)))),
  ]
}
