/** Changes to a history that the faults share. */
import type {
  Acknowledgement,
  Answer,
  Call,
  History,
  HistoryEvent,
  NoticeBody,
  PolledRecord,
} from '../history.ts'

/** Every poll's records of a partition, given anew. */
export function mapRecords(
  history: History,
  partition: string,
  change: (records: readonly PolledRecord[], at: number) => readonly PolledRecord[],
): HistoryEvent[] {
  return history.map((event, at) => {
    const records = event.type === 'ok' ? event.records?.[partition] : undefined
    if (event.type !== 'ok' || !records) return event
    return { ...event, records: { ...event.records, [partition]: change(records, at) } }
  })
}

export function withoutValue(history: History, partition: string, value: string): HistoryEvent[] {
  return mapRecords(history, partition, (records) => records.filter((record) => record[1] !== value))
}

export function replaceEvent(history: History, at: number, event: HistoryEvent): HistoryEvent[] {
  return history.toSpliced(at, 1, event)
}

export function acknowledgementAt(history: History, at: number): Acknowledgement {
  const event = history[at]
  if (event?.type !== 'ok') throw new Error(`event ${at} is no acknowledgement`)
  return event
}

/** Another operation of another client, invoked and acknowledged at this place. */
export function insertOperation(
  history: History,
  at: number,
  client: string,
  call: Call,
  answer: Answer,
): HistoryEvent[] {
  const op = history.length + 1_000_000
  const atMs = history[at - 1]?.atMs ?? 0
  return history.toSpliced(
    at,
    0,
    { type: 'invoke', op, client, atMs, call },
    { type: 'ok', op, atMs, ...answer },
  )
}

export function insertNotice(
  history: History,
  at: number,
  client: string,
  notice: NoticeBody,
): HistoryEvent[] {
  return history.toSpliced(at, 0, { type: 'notice', client, atMs: history[at - 1]?.atMs ?? 0, notice })
}
