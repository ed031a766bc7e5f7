/** Somebody who adds partitions and makes and deletes other topics, until the faults are over. */
import type { Admin, TopicDraft } from '../clients/admin.ts'
import type { World } from '../world/world.ts'
import type { Workload } from './workload.ts'

const PARTITIONS_MAX = 4

export class AdministrationWorkload implements Workload {
  readonly #admin: Admin

  constructor(world: World, admin: Admin, main: TopicDraft) {
    this.#admin = admin
    world.spawn(admin.client.name, admin.change(main, PARTITIONS_MAX))
  }

  finish(): void {
    this.#admin.client.isStopped = true
  }

  hasFinished(): boolean {
    return true
  }

  readAll(): void {}

  hasReadAll(): boolean {
    return true
  }

  crashClient(): undefined {
    return undefined
  }
}
