import { expect, it } from 'vitest'
import type { PlacedBroker } from '../../model/cluster.ts'
import { creatingCluster } from '../../testing/fixtures.ts'
import { SimulatedWorld } from '../../testing/simulated-world.ts'
import { hostOf } from './hosts.ts'

it.each([
  [{ enabled: true, volumeThroughput: 300 }, 300],
  [{ volumeThroughput: 300 }, 300],
  [{ enabled: false, volumeThroughput: 300 }, undefined],
  [undefined, undefined],
])(
  'a host has a volume with throughput %j at %s MiB/s, under the key of the cluster',
  async (asked, expected) => {
    const cluster = await creatingCluster('orders', 'PROVISIONED', new SimulatedWorld().fleet)
    if (cluster.clusterType !== 'PROVISIONED') throw new Error('the fixture makes a provisioned cluster')
    const { provisioned } = cluster
    const throughput = asked === undefined ? {} : { provisionedThroughput: asked }
    const specification = {
      ...provisioned,
      brokerNodeGroupInfo: {
        ...provisioned.brokerNodeGroupInfo,
        storageInfo: { ebsStorageInfo: { volumeSize: 200, ...throughput } },
      },
      encryptionInfo: { ...provisioned.encryptionInfo, encryptionAtRest: { dataVolumeKMSKeyId: 'arn:key' } },
    }
    const broker: PlacedBroker = { ...cluster.brokers[0]!, hostId: 'h-1' }
    expect(hostOf(cluster, broker, specification)).toMatchObject({
      volumeSizeGB: 200,
      volumeKeyArn: 'arn:key',
    })
    expect(hostOf(cluster, broker, specification).volumeThroughputMiB).toBe(expected)
  },
)
