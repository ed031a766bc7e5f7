/** A counter in front of DynamoDB: how many calls there were, and what they cost in capacity units, as the answers say. */
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface Usage {
  readonly calls: Readonly<Record<string, number>>
  readonly readUnits: number
  readonly writeUnits: number
}

export interface Meter {
  readonly endpoint: string
  /** What was used since the last time that it was asked. */
  read(): Usage
  stop(): void
}

const READS = new Set(['BatchGetItem', 'GetItem', 'Query', 'Scan', 'TransactGetItems'])
/** What DynamoDB charges for an item up to 1 KB that a condition kept it from writing; its answer does not say so. */
const REFUSED_UNITS = { single: 1, inTransaction: 2 }

export async function startMeter(dynamodb: string): Promise<Meter> {
  let usage = { calls: new Map<string, number>(), readUnits: 0, writeUnits: 0 }
  const server = createServer(async (request, response) => {
    try {
      const target = String(request.headers['x-amz-target'])
      const operation = target.slice(target.indexOf('.') + 1)
      const asked: Record<string, unknown> = JSON.parse(await textOf(request))
      const answer = await fetch(dynamodb, {
        method: 'POST',
        headers: {
          'content-type': 'application/x-amz-json-1.0',
          'x-amz-target': target,
          authorization: String(request.headers.authorization),
        },
        body: JSON.stringify({ ...asked, ReturnConsumedCapacity: 'TOTAL' }),
      })
      const text = await answer.text()
      const units = answer.ok ? consumed(JSON.parse(text)) : refused(asked)
      usage.calls.set(operation, (usage.calls.get(operation) ?? 0) + 1)
      if (READS.has(operation)) usage.readUnits += units
      else usage.writeUnits += units
      response.writeHead(answer.status, { 'content-type': 'application/x-amz-json-1.0' }).end(text)
    } catch (error) {
      response.writeHead(500).end(String(error))
    }
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    read() {
      const { calls, ...units } = usage
      usage = { calls: new Map(), readUnits: 0, writeUnits: 0 }
      return { calls: Object.fromEntries([...calls].sort()), ...units }
    },
    stop() {
      server.closeAllConnections()
      server.close()
    },
  }
}

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(Buffer.from(chunk))
  return Buffer.concat(chunks).toString()
}

interface Consumed {
  readonly CapacityUnits: number
}

function consumed({ ConsumedCapacity }: { ConsumedCapacity?: Consumed | Consumed[] }): number {
  if (ConsumedCapacity === undefined) throw new Error('DynamoDB does not say what the call consumed')
  return [ConsumedCapacity].flat().reduce((sum, { CapacityUnits }) => sum + CapacityUnits, 0)
}

function refused({ TransactItems }: { TransactItems?: unknown }): number {
  return Array.isArray(TransactItems)
    ? TransactItems.length * REFUSED_UNITS.inTransaction
    : REFUSED_UNITS.single
}
