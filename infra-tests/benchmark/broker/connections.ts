/** Connections that say what they are, and then nothing. */
import { apiVersionsRequest } from '../../support/frames.ts'
import { type Address, RawClient } from '../../support/raw-client.ts'
import { sleep } from '../../support/wait.ts'
import { atMost } from '../goals.ts'
import { residentMegabytesOf } from '../process-usage.ts'
import { type Case, type Metrics, sum, type Target } from './case.ts'

const CONNECTIONS = 5_000
const AT_ONCE = 100
const SETTLE_MS = 3_000

export const idleConnectionsCase: Case = {
  name: 'idle-connections',
  title: `${CONNECTIONS} idle connections`,
  goals: { residentMegabytes: atMost(0.5, '×') },
  ownBroker: {},
  run: openAndWait,
}

async function openAndWait({ address, pids }: Target): Promise<Metrics> {
  const clients: RawClient[] = []
  try {
    while (clients.length < CONNECTIONS) {
      clients.push(...(await Promise.all(Array.from({ length: AT_ONCE }, () => introduced(address)))))
    }
    await sleep(SETTLE_MS)
    return { residentMegabytes: sum(pids.map(residentMegabytesOf)) }
  } finally {
    for (const client of clients) client.close()
  }
}

async function introduced(address: Address): Promise<RawClient> {
  const client = await RawClient.connect(address)
  await client.send(apiVersionsRequest)
  return client
}
