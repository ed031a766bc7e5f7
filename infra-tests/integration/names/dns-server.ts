/** A name server for A records (RFC 1035), as resolvers of a VPC are for its private zone. */
import { createSocket } from 'node:dgram'

export interface DnsServer {
  /** Names that were asked for, in order. */
  readonly asked: readonly string[]
  close(): void
}

export async function startDnsServer(
  address: string,
  records: ReadonlyMap<string, readonly string[]>,
): Promise<DnsServer> {
  const asked: string[] = []
  const socket = createSocket('udp4')
  socket.on('message', (query, { address: peer, port }) => {
    const { name, type, end } = questionOf(query)
    asked.push(name)
    socket.send(answerTo(query.subarray(0, end), type, records.get(name)), port, peer)
  })
  await new Promise<void>((resolve, reject) => {
    socket.once('error', reject)
    socket.bind(DNS_PORT, address, () => resolve())
  })
  return { asked, close: () => socket.close() }
}

const DNS_PORT = 53
const HEADER_BYTES = 12
const TYPE_A = 1

function questionOf(query: Buffer): { name: string; type: number; end: number } {
  const labels: string[] = []
  let at = HEADER_BYTES
  for (let length = query.readUInt8(at); length > 0; length = query.readUInt8(at)) {
    labels.push(query.toString('latin1', at + 1, at + 1 + length))
    at += 1 + length
  }
  return { name: labels.join('.').toLowerCase(), type: query.readUInt16BE(at + 1), end: at + 5 }
}

/** The question again, with an answer for each address; a name that exists has an empty answer for other types. */
function answerTo(question: Buffer, type: number, addresses: readonly string[] | undefined): Buffer {
  const found = type === TYPE_A ? (addresses ?? []) : []
  const header = Buffer.from(question)
  header.writeUInt16BE(addresses === undefined ? NO_SUCH_NAME : FOUND, 2)
  header.writeUInt16BE(1, 4)
  header.writeUInt16BE(found.length, 6)
  header.writeUInt32BE(0, 8)
  return Buffer.concat([header, ...found.map(resourceRecord)])
}

/** Authoritative, recursion available. */
const FOUND = 0x8580
const NO_SUCH_NAME = FOUND + 3

function resourceRecord(address: string): Buffer {
  const record = Buffer.alloc(16)
  // The name is that of the question.
  record.writeUInt16BE(0xc000 + HEADER_BYTES, 0)
  record.writeUInt16BE(TYPE_A, 2)
  record.writeUInt16BE(1, 4)
  record.writeUInt32BE(15, 6)
  record.writeUInt16BE(4, 10)
  record.set(address.split('.').map(Number), 12)
  return record
}
