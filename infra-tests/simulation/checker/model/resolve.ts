/** After the pass: which send put each entry there, and where each send lies. */
import type { Entry, Model, Send } from './types.ts'

export function resolveWrites(model: Model): void {
  for (const partition of model.partitions.values()) {
    partition.sorted = [...partition.entries.values()].sort((left, right) => left.offset - right.offset)
    for (const send of partition.sends) if (send.acksAll) send.place = send.offset
    for (const entry of partition.sorted) {
      entry.write = writeOf(model, entry)
      if (entry.write && entry.write.place < 0) entry.write.place = entry.offset
    }
  }
}

/**
 * The acknowledgement decides. Without one it is the only send of this value that could have come here; if the
 * application sent it more than once and it could be either, no verdict may depend on it.
 */
function writeOf(model: Model, entry: Entry): Send | undefined {
  const sends = model.values.get(entry.value)?.sends ?? []
  if (sends.length === 1) return sends[0]?.partition === entry.partition ? sends[0] : undefined
  const here = sends.filter((send) => send.partition === entry.partition)
  const acknowledged = here.find((send) => send.offset === entry.offset)
  if (acknowledged) return acknowledged
  const possible = here.filter((send) => send.offset < 0 && send.operation.outcome !== 'fail')
  return possible.length === 1 ? possible[0] : undefined
}
