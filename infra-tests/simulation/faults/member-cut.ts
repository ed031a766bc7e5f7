import type { Fault } from './fault.ts'

const OFFSETS_TOPIC = '__consumer_offsets'
/** So long that others have its partitions before it sends its last commit. */
const CUT_MS_MIN = 9000
const CUT_MS_MAX = 14_000

/**
 * A member of a group does not reach the group coordinators, and reads on: it is fenced, others get its partitions, and
 * what it wanted to commit arrives late.
 */
export const memberCut: Fault = {
  name: 'member-cut',
  inject({ world, dice, workloads }) {
    const members = workloads.flatMap((workload) => workload.members ?? [])
    const coordinators = new Set(
      world.observer.partitions().flatMap(({ topic, leader }) => (topic === OFFSETS_TOPIC ? [leader] : [])),
    )
    if (members.length === 0 || coordinators.size === 0) return undefined
    const member = dice.pick(members)
    const cut = world.machines.filter(({ id }) => coordinators.has(id))
    const heals = cut.map(({ name }) => world.network.block(member, name))
    const heal = () => {
      for (const each of heals) each()
    }
    return { what: { member }, durationMs: dice.between(CUT_MS_MIN, CUT_MS_MAX), heal }
  },
}
