/** The clients of a run, as its seed wants them. */
import type { HistoryRecorder } from '../checker/recorder.ts'
import { Admin, type TopicDraft } from '../clients/admin.ts'
import type { TopicKind } from '../topic-kind.ts'
import type { World } from '../world/world.ts'
import { AdministrationWorkload } from './administration.ts'
import { CONSUMER_GROUP_PROPERTIES, startConsumerGroup } from './consumers.ts'
import { DeletionsWorkload } from './deletions.ts'
import { startClassicGroup } from './group.ts'
import { QUOTA_PROPERTIES, QuotasWorkload } from './quotas.ts'
import { RecordsWorkload } from './records.ts'
import { RETENTION_PROPERTIES, RetentionWorkload } from './retention.ts'
import { SharesWorkload } from './shares.ts'
import { TransactionsWorkload } from './transactions.ts'
import type { Workload, WorkloadParts } from './workload.ts'

const TOPIC = 'orders'

export interface WorkloadOptions {
  readonly replicationFactor: number
  readonly topicKind: TopicKind
  readonly extras: readonly ExtraWorkload[]
}

interface Extra {
  readonly start: (parts: WorkloadParts) => Promise<Workload>
  /** Settings of the brokers. */
  readonly properties?: Readonly<Record<string, string>>
}

/** What a run may have beside the usual clients, by name. */
const EXTRAS = {
  transactions: { start: TransactionsWorkload.start },
  shares: { start: SharesWorkload.start },
  deletions: { start: DeletionsWorkload.start },
  consumers: { start: startConsumerGroup, properties: CONSUMER_GROUP_PROPERTIES },
  quotas: { start: QuotasWorkload.start, properties: QUOTA_PROPERTIES },
  retention: { start: RetentionWorkload.start, properties: RETENTION_PROPERTIES },
} satisfies Record<string, Extra>

export type ExtraWorkload = keyof typeof EXTRAS

export function extrasNamed(names: readonly string[]): ExtraWorkload[] {
  return names.map((name) => {
    if (!Object.hasOwn(EXTRAS, name))
      throw new Error(`there are no clients ${name}; there are ${Object.keys(EXTRAS).join(', ')}`)
    return name as ExtraWorkload
  })
}

export function propertiesOfExtras(extras: readonly ExtraWorkload[]): Record<string, string> {
  const each: readonly Extra[] = extras.map((name) => EXTRAS[name])
  return Object.assign({}, ...each.map(({ properties }) => properties))
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
    startClassicGroup(parts),
    ...(await Promise.all(extras.map((name) => EXTRAS[name].start(parts)))),
  ]
}
