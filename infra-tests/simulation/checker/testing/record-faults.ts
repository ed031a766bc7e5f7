/** Faults of the log: records lost, doubled, altered, moved, or shown too early. */
import type { HistoryEvent, PolledRecord } from '../history.ts'
import type { Entry, Model, Run, Send } from '../model/types.ts'
import { finalReading, isPromised } from '../verdicts/promises.ts'
import { acknowledgementAt, insertOperation, mapRecords, replaceEvent, withoutValue } from './edits.ts'
import type { Fault, Scene } from './faults.ts'

export const recordFaults: readonly Fault[] = [
  {
    name: 'an acknowledged record is nowhere',
    verdicts: ['lost-write'],
    inject({ history, model, random }) {
      const entry = pickFrom(keptEntries(model).filter(hasSuccessor), random)
      return entry && withoutValue(history, entry.partition.name, entry.value)
    },
  },
  {
    name: 'an unacknowledged record leaves a hole',
    verdicts: ['offset-gap'],
    inject({ history, model, random }) {
      const entries = model.partitions.get('plain-0')?.sorted ?? []
      const unknown = entries.filter(({ write }) => write && write.offset < 0 && write.idempotent)
      const entry = pickFrom(unknown.filter(hasSuccessor), random)
      return entry && withoutValue(history, 'plain-0', entry.value)
    },
  },
  {
    name: 'the end of a log is cut off before the final reading',
    verdicts: ['unseen'],
    inject(scene) {
      const last = pickFrom(
        keptEntries(scene.model).filter((entry) => finalRunOf(entry)?.records.at(-1)?.[0] === entry.offset),
        scene.random,
      )
      return last && cutOff(scene, last)
    },
  },
  {
    name: 'a record is appended twice',
    verdicts: ['duplicate'],
    inject({ history, model, random }) {
      const entry = pickFrom(
        keptEntries(model).filter(({ write }) => write?.idempotent),
        random,
      )
      const final = entry && finalReading(entry.partition)
      const at = final?.runs.at(-1)?.at
      if (!final || at === undefined) return undefined
      return mapRecords(history, entry.partition.name, (records, place) =>
        place === at ? [...records, [final.end, entry.value]] : records,
      )
    },
  },
  {
    name: 'one reader sees another value',
    verdicts: ['inconsistent-offsets'],
    inject({ history, model, random }) {
      const entry = pickFrom(keptEntries(model), random)
      const at = entry && finalRunOf(entry)?.at
      if (!entry || at === undefined) return undefined
      return mapRecords(history, entry.partition.name, (records, place) =>
        place === at
          ? records.map(([offset, value]) => [offset, value === entry.value ? 'rot' : value])
          : records,
      )
    },
  },
  {
    name: 'a refused record is there',
    verdicts: ['false-failure'],
    inject({ history, model, random }) {
      const entry = pickFrom(keptEntries(model).filter(isSentOnce), random)
      const at = entry?.write?.operation.completedAt
      if (at === undefined) return undefined
      const { op, atMs } = acknowledgementAt(history, at)
      return replaceEvent(history, at, { type: 'fail', op, atMs, error: 'NOT_ENOUGH_REPLICAS' })
    },
  },
  {
    name: 'an acknowledgement names offset 0',
    verdicts: ['nonmonotonic-send', 'int-nonmonotonic-send', 'realtime-order'],
    inject({ history, model, random }) {
      const send = pickFrom(allSends(model).filter(isPromised).filter(hasFloor), random)
      if (!send) return undefined
      const at = send.operation.completedAt
      return replaceEvent(history, at, { ...acknowledgementAt(history, at), offset: 0 })
    },
  },
  {
    name: 'two records of a producer change places',
    verdicts: ['nonmonotonic-send', 'int-nonmonotonic-send', 'reordered-write'],
    inject: swapNeighbours,
  },
  {
    name: 'an aborted record is shown',
    verdicts: ['G1a'],
    inject({ history, model, random }) {
      const aborted = allSends(model).filter(
        ({ offset, transaction }) => offset >= 0 && transaction?.status === 'aborted',
      )
      const send = pickFrom(aborted, random)
      return send && insertRead(history, history.length, send)
    },
  },
  {
    name: 'a record is shown before its transaction is committed',
    verdicts: ['precommitted-read'],
    inject({ history, model, random }) {
      const early = allSends(model).filter(({ offset, operation, transaction }) => {
        return (
          offset >= 0 &&
          transaction?.status === 'committed' &&
          operation.completedAt < transaction.commitInvokedAt
        )
      })
      const send = pickFrom(early, random)
      return send && insertRead(history, send.operation.completedAt + 1, send)
    },
  },
  {
    name: 'a transaction is committed in part',
    verdicts: ['G1b'],
    inject({ history, model, random }) {
      const several = keptEntries(model)
        .filter(hasSuccessor)
        .filter(({ write }) => (write?.transaction?.sends.filter(({ place }) => place >= 0).length ?? 0) > 1)
      const entry = pickFrom(several, random)
      return entry && withoutValue(history, entry.partition.name, entry.value)
    },
  },
]

/** Promised records that the final reading has, of partitions that lose nothing by design. */
function keptEntries(model: Model): Entry[] {
  return [...model.partitions.values()]
    .filter(({ topic }) => !topic.compacted && !topic.trimmed)
    .flatMap(({ sorted }) => sorted)
    .filter((entry) => entry.write?.offset === entry.offset && isPromised(entry.write) && finalRunOf(entry))
}

function finalRunOf(entry: Entry): Run | undefined {
  return finalReading(entry.partition)?.runs.find(({ records }) =>
    records.some(([offset]) => offset === entry.offset),
  )
}

function hasSuccessor(entry: Entry): boolean {
  return (finalReading(entry.partition)?.runs.at(-1)?.records.at(-1)?.[0] ?? -1) > entry.offset
}

function isSentOnce({ write, partition, value }: Entry): boolean {
  return partition.sends.filter((send) => send.value === value).length === 1 && write !== undefined
}

function hasFloor({ floor, offset }: Send): boolean {
  return floor !== undefined && floor.offset > 0 && offset > 0
}

function allSends(model: Model): Send[] {
  return [...model.partitions.values()].flatMap(({ sends }) => sends)
}

function cutOff({ history }: Scene, last: Entry): HistoryEvent[] {
  const { name } = last.partition
  const cut = mapRecords(history, name, (records, at) =>
    at >= (finalReading(last.partition)?.openedAt ?? 0)
      ? records.filter(([offset]) => offset < last.offset)
      : records,
  )
  return cut.map((event) => {
    if (event.type !== 'notice' || event.notice.name !== 'drained' || event.notice.partition !== name)
      return event
    return { ...event, notice: { ...event.notice, endOffset: last.offset } }
  })
}

/** As if the log had held them in the other order from the start: in acknowledgements and in all reads. */
function swapNeighbours({ history, model, random }: Scene): HistoryEvent[] | undefined {
  const pairs = keptEntries(model).flatMap((first) => {
    const { write } = first
    const second = first.partition.entries.get(first.offset + 1)
    const same =
      write?.idempotent && second?.write?.client === write.client && second.write.life === write.life
    return same && second?.write && isPromised(second.write) ? [[first, second] as const] : []
  })
  const pair = pickFrom(pairs, random)
  if (!pair) return undefined
  const [first, second] = pair
  let swapped = mapRecords(history, first.partition.name, (records) => {
    return records.map(([offset, value]): PolledRecord => {
      if (offset === first.offset) return [offset, second.value]
      return offset === second.offset ? [offset, first.value] : [offset, value]
    })
  })
  for (const [entry, offset] of [
    [first, second.offset],
    [second, first.offset],
  ] as const) {
    const at = entry.write?.operation.completedAt ?? -1
    if (Number.isFinite(at) && at >= 0)
      swapped = replaceEvent(swapped, at, { ...acknowledgementAt(swapped, at), offset })
  }
  return swapped
}

function insertRead(history: readonly HistoryEvent[], at: number, send: Send): HistoryEvent[] {
  const records = { [send.partition.name]: [[send.offset, send.value] as const] }
  return insertOperation(history, at, 'intruder', { name: 'poll', readCommitted: true }, { records })
}

function pickFrom<Item>(items: readonly Item[], random: Scene['random']): Item | undefined {
  return items.length === 0 ? undefined : random.pick(items)
}
