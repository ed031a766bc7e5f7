/** A well-behaved client beside the attack: it must see no error and no delay. */
import { type Address, awaitTopic, RawClient } from '../support/raw-client.ts'
import { sleep } from '../support/wait.ts'

export interface Testimony {
  readonly exchanges: number
  readonly slowestMs: number
  readonly complaints: readonly string[]
}

export const witnessTopic = 'witness'

/** Produces, reads back and asks for metadata on one connection until told to stop. */
export async function startWitness(target: Address): Promise<{ stop: () => Promise<Testimony> }> {
  const client = await RawClient.connect(target)
  const created = await client.createTopic({ topic: witnessTopic, partitions: 1 })
  if (created !== 0) throw new Error(`cannot create the witness's topic: error ${created}`)
  await awaitTopic(target, witnessTopic)
  let stopped = false
  const complaints: string[] = []
  let [exchanges, slowestMs] = [0, 0]
  const timed = async <T>(work: Promise<T>): Promise<T> => {
    const startMs = performance.now()
    const result = await work
    slowestMs = Math.max(slowestMs, performance.now() - startMs)
    exchanges += 1
    return result
  }
  const watch = async (): Promise<void> => {
    const partition = { topic: witnessTopic, partition: 0 }
    for (let offset = 0; !stopped && complaints.length < 10; offset++) {
      const produced = await timed(
        client.produce({ ...partition, acks: 1 }, [{ value: `witness ${offset}` }]),
      )
      if (produced.errorCode !== 0) complaints.push(`produce: error ${produced.errorCode}`)
      else if (produced.baseOffset !== offset)
        complaints.push(`offset ${produced.baseOffset}, expected ${offset}`)
      const fetched = await timed(client.fetch({ ...partition, offset, maxBytes: 1 << 20, maxWaitMs: 0 }))
      if (fetched.errorCode !== 0 || !fetched.records.includes(`witness ${offset}`)) {
        complaints.push(`fetch at ${offset}: error ${fetched.errorCode}, ${fetched.records.length} bytes`)
      }
      const metadata = await timed(client.metadata([witnessTopic]))
      if (metadata.errorCode !== 0) complaints.push(`metadata: error ${metadata.errorCode}`)
      await sleep(5)
    }
  }
  const watching = watch().catch((error: unknown) =>
    complaints.push(`the connection broke: ${String(error)}`),
  )
  const stop = async () => {
    stopped = true
    await watching
    client.close()
    return { exchanges, slowestMs, complaints }
  }
  return { stop }
}
