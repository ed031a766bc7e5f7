import type { Fault } from './fault.ts'

/** A client's process dies, and another one takes its place: a producer, a consumer, a member of a group. */
export const clientCrash: Fault = {
  name: 'client-crash',
  inject({ dice, workloads }) {
    const client = dice
      .shuffled(workloads)
      .map((workload) => workload.crashClient(dice))
      .find(Boolean)
    return client === undefined ? undefined : { what: { client }, durationMs: 0, heal() {} }
  },
}
