/** An instance ends: how long it takes until another one has its volume and all replicas are in sync again. */
import { parseAddress, RawClient } from '../../support/raw-client.ts'
import { waitFor } from '../../support/wait.ts'
import { INSTANCE_TYPE } from '../deployment/clusters.ts'
import type { Lab } from '../deployment/lab.ts'
import { instancesOf } from '../deployment/resources.ts'
import { REPLICAS, TOPIC } from './growth.ts'

const LIMIT_MS = 240_000
const POLL_MS = 250

export async function measureHealing(lab: Lab, bootstrap: string): Promise<number> {
  const before = await brokerInstances(lab)
  const lost = before.at(-1)!
  const startedMs = performance.now()
  await lab.aws('ec2', 'terminate-instances', '--instance-ids', lost)
  await waitFor(
    'another instance, and all replicas to be in sync',
    LIMIT_MS,
    async () => {
      const now = await brokerInstances(lab)
      return now.length === before.length && !now.includes(lost) && (await isWhole(bootstrap))
    },
    POLL_MS,
  )
  return (performance.now() - startedMs) / 1_000
}

async function brokerInstances(lab: Lab): Promise<string[]> {
  const instances = await instancesOf(lab)
  return instances
    .filter(({ tags }) => tags['freshet:class'] === INSTANCE_TYPE)
    .map(({ instanceId }) => instanceId)
}

/** As the first broker says that answers. */
function isWhole(bootstrap: string): Promise<boolean> {
  return Promise.any(
    bootstrap.split(',').map(async (broker) => {
      const client = await RawClient.connect(parseAddress(broker), 1_000)
      try {
        const { errorCode, partitions } = await client.metadata([TOPIC])
        return errorCode === 0 && partitions.every(({ isr }) => isr.length === REPLICAS)
      } finally {
        client.close()
      }
    }),
  )
}
