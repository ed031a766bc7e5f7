/** Faults that consumers, groups and waiting clients notice. */
import type { HistoryEvent } from '../history.ts'
import type { Model, Run } from '../model/types.ts'
import { insertNotice, insertOperation, mapRecords } from './edits.ts'
import type { Fault, Scene } from './faults.ts'
import { group } from './reference-cluster.ts'

export const clientFaults: readonly Fault[] = [
  {
    name: 'a poll leaves out a record in the middle',
    verdicts: ['int-poll-skip'],
    inject: (scene) =>
      editRun(
        scene,
        ({ records }) => records.length > 2,
        ({ records }) => records.toSpliced(1, 1),
      ),
  },
  {
    name: 'a poll leaves out its first record',
    verdicts: ['poll-skip', 'int-poll-skip'],
    inject: (scene) =>
      editRun(
        scene,
        (run) => run.records.length > 1 && isContinued(run),
        ({ records }) => records.slice(1),
      ),
  },
  {
    name: 'a poll repeats the record before',
    verdicts: ['nonmonotonic-poll', 'int-nonmonotonic-poll'],
    inject: (scene) =>
      editRun(scene, isContinued, ({ records, session, at }) => {
        const before = session.runs.findLast((run) => run.at < at)?.records.at(-1)
        return before ? [before, ...records] : records
      }),
  },
  {
    name: 'a poll returns two records in the wrong order',
    verdicts: ['int-nonmonotonic-poll'],
    inject: (scene) =>
      editRun(
        scene,
        ({ records }) => records.length > 1,
        ({ records }) => records.toReversed(),
      ),
  },
  {
    name: 'a committed offset goes back',
    verdicts: ['lost-commit'],
    inject({ history, model }) {
      const commits = (model.groups.get(group)?.commits ?? []).filter(
        ({ operation }) => operation.outcome === 'ok',
      )
      const commit = commits.at(-1)
      if (!commit) return undefined
      const call = { name: 'fetchOffsets' as const, group, partitions: [commit.partition] }
      return insertOperation(history, history.length, 'intruder', call, {
        offsets: { [commit.partition]: -1 },
      })
    },
  },
  {
    name: 'a partition is given to two members',
    verdicts: ['shared-partition'],
    inject({ history, model, random }) {
      const claims = model.groups.get(group)?.claims ?? []
      if (claims.length === 0) return undefined
      const { partition, generation, at } = random.pick(claims)
      const partitions = { [partition]: null }
      return insertNotice(history, at + 1, 'intruder', { name: 'assigned', group, generation, partitions })
    },
  },
  {
    name: 'a commit of an earlier generation is accepted',
    verdicts: ['zombie-commit'],
    inject({ history, model }) {
      const claim = model.groups.get(group)?.claims.at(-1)
      if (!claim) return undefined
      const { partition, generation } = claim
      const call = {
        name: 'commitOffsets' as const,
        group,
        offsets: { [partition]: 0 },
        generation: generation - 1,
      }
      return insertOperation(history, history.length, 'intruder', call, {})
    },
  },
  {
    name: 'a high watermark goes back',
    verdicts: ['nonmonotonic-watermark'],
    inject({ history, model, random }) {
      const partition = random.pick([...model.partitions.values()])
      if ((partition.floor?.offset ?? -1) < 0) return undefined
      const watermarks = { logStartOffset: 0, highWatermark: 0, lastStableOffset: 0 }
      const call = { name: 'listOffsets' as const, partition: partition.name }
      return insertOperation(history, history.length, 'intruder', call, { watermarks })
    },
  },
  {
    name: 'a last stable offset stays behind',
    verdicts: ['lso-stuck'],
    inject({ history, model, random }) {
      const partition = random.pick([...model.partitions.values()])
      const call = { name: 'listOffsets' as const, partition: partition.name }
      const highWatermark = partition.watermarks.at(-1)?.highWatermark ?? 0
      if (highWatermark === 0) return undefined
      const watermarks = { logStartOffset: 0, highWatermark, lastStableOffset: highWatermark - 1 }
      const stuck = insertOperation(history, history.length, 'intruder', call, { watermarks })
      return stuck.map((event, at) =>
        at < history.length ? event : { ...event, atMs: event.atMs + 600_000 },
      )
    },
  },
  {
    name: 'a log loses its beginning',
    verdicts: ['below-log-start'],
    inject({ history, model, random }) {
      const partition = random.pick([...model.partitions.values()])
      const { topic, sorted, watermarks } = partition
      const last = watermarks.at(-1)
      const [first] = sorted
      if (
        topic.trimmed ||
        topic.compacted ||
        !last ||
        !first?.write ||
        first.readAt === Number.POSITIVE_INFINITY
      )
        return undefined
      if (first.write.transaction && first.write.transaction.status !== 'committed') return undefined
      const call = { name: 'listOffsets' as const, partition: partition.name }
      const later = { ...last, logStartOffset: first.offset + 1 }
      const { logStartOffset, highWatermark, lastStableOffset } = later
      return insertOperation(history, history.length, 'intruder', call, {
        watermarks: { logStartOffset, highWatermark, lastStableOffset },
      })
    },
  },
  {
    name: 'an operation hangs after the healing',
    verdicts: ['stuck-client'],
    inject({ history, model }) {
      const atMs = (history.at(-1)?.atMs ?? 0) + 60_000
      const operation = model.operations.find(
        ({ client, invokedAt, outcome }) =>
          client === 'idempotent' && invokedAt > model.healedAt && outcome === 'ok',
      )
      if (!operation) return undefined
      const hanging = history.toSpliced(operation.completedAt, 1)
      return [...hanging, { type: 'notice', client: 'run', atMs, notice: { name: 'crash' } }]
    },
  },
  {
    name: 'a partition cannot be read to its end',
    verdicts: ['undrained'],
    inject({ history, random }) {
      const places = [...history.keys()].filter((at) => {
        const event = history[at]
        return event?.type === 'notice' && event.notice.name === 'drained'
      })
      return places.length === 0 ? undefined : history.toSpliced(random.pick(places), 1)
    },
  },
]

/** Changes one poll's records of one partition; what it leaves out, the final reading has. */
function editRun(
  { history, model, random }: Scene,
  fits: (run: Run) => boolean,
  change: (run: Run) => Run['records'],
): HistoryEvent[] | undefined {
  const runs = consumerRuns(model).filter(fits)
  if (runs.length === 0) return undefined
  const run = random.pick(runs)
  return mapRecords(history, run.session.partition.name, (records, at) =>
    at === run.at ? change(run) : records,
  )
}

function consumerRuns(model: Model): Run[] {
  return [...model.partitions.values()]
    .filter(({ topic }) => !topic.compacted && !topic.trimmed)
    .flatMap(({ sessions }) => sessions)
    .filter(({ readCommitted, drainedAt }) => readCommitted && drainedAt < 0)
    .flatMap(({ runs }) => runs)
}

function isContinued({ session, at }: Run): boolean {
  const [first] = session.runs
  return first !== undefined && first.at < at
}
