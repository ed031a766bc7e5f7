/** Counts per broker, kept up with the image, so that placing one partition does not count all others. */
import { assert } from './assert.ts'
import type { BrokerLoad, PartitionImage } from './image-types.ts'

const NOTHING: BrokerLoad = { replicas: 0, preferredLeaders: 0 }

export class BrokerLoads {
  readonly #loads = new Map<number, BrokerLoad>()

  of(brokerId: number): BrokerLoad {
    return this.#loads.get(brokerId) ?? NOTHING
  }

  add(partition: PartitionImage): void {
    this.#count(partition, 1)
  }

  remove(partition: PartitionImage): void {
    this.#count(partition, -1)
  }

  #count({ replicas }: PartitionImage, step: 1 | -1): void {
    replicas.forEach((brokerId, at) => {
      const load = this.of(brokerId)
      const after = {
        replicas: load.replicas + step,
        preferredLeaders: load.preferredLeaders + (at === 0 ? step : 0),
      }
      assert(after.replicas >= 0 && after.preferredLeaders >= 0, `Load of broker ${brokerId} is negative`)
      if (after.replicas === 0) this.#loads.delete(brokerId)
      else this.#loads.set(brokerId, after)
    })
  }
}
