/**
 * reordered-write: an idempotent producer's records, sent without waiting for each other, lie in a partition (and so
 * for each key) in another order than they were sent in. A record whose outcome is unknown counts where it was read.
 * Records of one transaction are the matter of int-nonmonotonic-send, those sent after an acknowledgement that of
 * nonmonotonic-send; another life of the producer begins anew. What was in doubt when the producer took a new id may
 * arrive after what it sent with that.
 */
import { countBelow } from '../model/ranges.ts'
import type { Model, Send } from '../model/types.ts'
import type { VerdictCheck } from '../verdict.ts'
import { describeSend, evidenceOf } from './wording.ts'

export const reorderedWrite: VerdictCheck = {
  name: 'reordered-write',
  meaning: "an idempotent producer's records lie in another order than it sent them in",
  find(model, report) {
    for (const { name, sends } of model.partitions.values()) {
      const highest = new Map<string, Send>()
      for (const send of sends) {
        if (!send.idempotent || send.place < 0) continue
        const earlier = highest.get(send.client)
        if (!earlier || earlier.life !== send.life || earlier.place <= send.place) {
          highest.set(send.client, send)
          continue
        }
        if (mayArriveLate(model, earlier, send)) {
          highest.set(send.client, send)
          continue
        }
        const sameTransaction = send.transaction !== undefined && send.transaction === earlier.transaction
        if (sameTransaction || earlier.operation.completedAt < send.invokedAt) continue
        report(name, [...evidenceOf(earlier), ...evidenceOf(send)], () => {
          const key =
            send.key !== undefined && send.key === earlier.key ? `, with the same key "${send.key}"` : ''
          return (
            `${describeSend(send)} lies at ${send.place}, before ${describeSend(earlier)} at ${earlier.place}, ` +
            `though it was sent later${key}.`
          )
        })
      }
    }
  },
}

function mayArriveLate({ renewals }: Model, earlier: Send, send: Send): boolean {
  if (earlier.operation.outcome === 'ok') return false
  const places = renewals.get(earlier.client) ?? []
  const renewedAt = places[countBelow(places, earlier.invokedAt)] ?? Number.POSITIVE_INFINITY
  return renewedAt < send.operation.completedAt
}
