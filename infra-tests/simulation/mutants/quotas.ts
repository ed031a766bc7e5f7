/** Mistakes with quotas. */
import { RateQuotas, ServedRequest } from '../broker-code.ts'
import { METERED } from '../workloads/quotas.ts'
import { type Mutant, replaceMethod } from './mutant.ts'

export const quotaMutants: readonly Mutant[] = [
  {
    name: 'quota-not-measured',
    mistake: 'nobody is throttled, whatever the quota',
    faults: [],
    apply: () => replaceMethod(RateQuotas.prototype, 'record', () => () => 0),
  },
  {
    name: 'throttle-only-told',
    mistake: 'a client is told to wait, and served although it does not',
    faults: [],
    apply: () =>
      replaceMethod(
        ServedRequest.prototype,
        'answer',
        (original) =>
          function (this: ServedRequest, body, busySinceMs, busyBeforeMs) {
            return { ...original.call(this, body, busySinceMs, busyBeforeMs), throttleMs: 0 }
          },
      ),
  },
  {
    name: 'throttled-too-long',
    mistake: 'a client has to wait a hundred times as long as its quota asks for',
    faults: [],
    apply: () =>
      replaceMethod(
        RateQuotas.prototype,
        'record',
        (original) =>
          function (this: RateQuotas, user, clientId, amount, nowMs) {
            return 100 * original.call(this, user, clientId, amount, nowMs)
          },
      ),
  },
  {
    name: 'quota-of-another',
    mistake: 'what others do counts for the quota of a client, and they wait for it',
    faults: [],
    apply: () =>
      replaceMethod(
        RateQuotas.prototype,
        'record',
        (original) =>
          function (this: RateQuotas, user, _clientId, amount, nowMs) {
            return original.call(this, user, METERED, amount, nowMs)
          },
      ),
  },
]
