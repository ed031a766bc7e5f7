/**
 * A program that runs in a container beside the brokers: one record after the other at a steady rate, with acks=all, to
 * a topic's partitions in turn, until its input ends. A request leaves when it is due, whatever the answers do, and goes
 * on to the partition's next leader until it is acknowledged; latency counts from the due time. One line for each,
 * many at a time: what carries them would take a tenth of a processor from the brokers otherwise.
 *
 *   node steady-producer.ts HOST:PORT,… TOPIC PARTITIONS REQUESTS_PER_SECOND RECORD_BYTES
 */
import { type Address, parseAddress, RawClient } from '../../support/raw-client.ts'
import { sleep } from '../../support/wait.ts'

const RETRY_MS = 5
/** Beyond it the brokers do not keep up, and there is nothing more to learn. */
const IN_FLIGHT_MAX = 5_000
const ANSWER_LIMIT_MS = 10_000
const METADATA_LIMIT_MS = 1_000
const LINES_TOGETHER = 500

const [bootstrap = '', topic = '', partitions, requestsPerSecond, recordBytes] = process.argv.slice(2)

interface Leaders {
  readonly brokerIds: ReadonlyMap<number, number>
  readonly addresses: ReadonlyMap<number, Address>
}

const brokers = bootstrap.split(',').map(parseAddress)
const record = { value: 'x'.repeat(Number(recordBytes)) }
const clients = new Map<number, Promise<RawClient>>()
let leaders = await findLeaders()
let finding: Promise<void> | undefined
let inFlight = 0
let isEnding = false
let lines = ''
let lineCount = 0

process.stdin.resume().on('end', () => {
  isEnding = true
})
await sendWhenDue(1_000 / Number(requestsPerSecond))
while (inFlight > 0) await sleep(1)
process.stdout.write(lines, () => process.exit())

async function sendWhenDue(intervalMs: number): Promise<void> {
  const startMs = performance.now()
  for (let sent = 0; !isEnding; ) {
    for (; startMs + sent * intervalMs <= performance.now(); sent++) {
      if (inFlight === IN_FLIGHT_MAX) throw new Error(`${inFlight} records wait to be acknowledged`)
      void send(sent % Number(partitions), startMs + sent * intervalMs)
    }
    await sleep(1)
  }
}

async function send(partition: number, dueMs: number): Promise<void> {
  inFlight += 1
  for (let attempts = 1; ; attempts++) {
    const leader = leaders.brokerIds.get(partition) ?? -1
    if (await isAcknowledged(leader, partition)) {
      const nowMs = performance.now()
      const atMs = Math.round(performance.timeOrigin + nowMs)
      tell(`${atMs} ${(nowMs - dueMs).toFixed(2)} ${partition} ${leader} ${attempts}`)
      inFlight -= 1
      return
    }
    finding ??= findAgain()
    await finding
  }
}

function tell(line: string): void {
  lines += `${line}\n`
  lineCount += 1
  if (lineCount % LINES_TOGETHER !== 0) return
  process.stdout.write(lines)
  lines = ''
}

async function isAcknowledged(leader: number, partition: number): Promise<boolean> {
  try {
    const client = await clientOf(leader)
    const limit = setTimeout(() => client.close(), ANSWER_LIMIT_MS)
    const { errorCode } = await client.produce({ topic, partition, acks: -1 }, [record])
    clearTimeout(limit)
    return errorCode === 0
  } catch {
    clients.delete(leader)
    return false
  }
}

function clientOf(leader: number): Promise<RawClient> {
  const known = clients.get(leader)
  if (known !== undefined) return known
  const address = leaders.addresses.get(leader)
  if (address === undefined) throw new Error('no leader')
  const client = RawClient.connect(address)
  clients.set(leader, client)
  return client
}

async function findAgain(): Promise<void> {
  await sleep(RETRY_MS)
  // What cannot be found now is looked for again with the next attempt.
  leaders = await findLeaders().catch(() => leaders)
  finding = undefined
}

/** As clients do: over a connection that is there; the first that answers over new ones if none does. */
async function findLeaders(): Promise<Leaders> {
  for (const client of clients.values()) {
    try {
      return await askForLeaders(await client)
    } catch {
      // The next one may know.
    }
  }
  return Promise.any(
    brokers.map(async (broker) => {
      const client = await RawClient.connect(broker, 1_000)
      try {
        return await askForLeaders(client)
      } finally {
        client.close()
      }
    }),
  )
}

async function askForLeaders(client: RawClient): Promise<Leaders> {
  const limit = setTimeout(() => client.close(), METADATA_LIMIT_MS)
  const { brokers: addresses, partitions: all } = await client
    .metadata([topic])
    .finally(() => clearTimeout(limit))
  return { addresses, brokerIds: new Map(all.map(({ partition, leader }) => [partition, leader])) }
}
