/** shared-partition: two members of a group hold the same partition in the same generation. */
import type { Claim } from '../model/types.ts'
import type { VerdictCheck } from '../verdict.ts'

export const sharedPartition: VerdictCheck = {
  name: 'shared-partition',
  meaning: 'two members of a group hold a partition in one generation',
  find(model, report) {
    for (const { name, claims } of model.groups.values()) {
      const holders = new Map<string, Claim>()
      for (const claim of claims) {
        const { client, partition, generation, at } = claim
        const place = `${generation} ${partition}`
        const holder = holders.get(place)
        if (!holder) holders.set(place, claim)
        if (!holder || holder.client === client) continue
        report(`${name} ${partition}`, [holder.at, at], () => {
          return `In generation ${generation} both ${holder.client} (#${holder.at}) and ${client} (#${at}) hold it.`
        })
      }
    }
  },
}
