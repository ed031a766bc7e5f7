/** The inputs of the attack, and what each of them must lead to. */

import { apiSchemas } from '@freshet/broker/apis'
import { encodeRequestFrame } from '@freshet/broker/wire'
import { apiVersionsRequest, framed, produceRequest } from '../support/frames.ts'
import type { Random } from '../support/random.ts'
import { parseProduced } from '../support/raw-client.ts'
import { encodeBatch } from '../support/record-batch.ts'
import { type Call, nameOf, type Repertoire } from './repertoire.ts'
import { attackedTopics, damage, randomBody } from './values.ts'

export interface Input {
  readonly kind: string
  readonly bytes: Buffer
  /** `reply`: an answer or a closed connection; `end`: no answer is due, the connection is given up after it. */
  readonly expects: 'reply' | 'end'
  /** Whether the request may ask the broker to wait. */
  readonly mayWait: boolean
  /** The call that it is, if its shape is that of the schema. */
  readonly call?: string
  /** Says what is wrong with the answer that has this correlation id, which no other input bears. */
  readonly judged?: {
    readonly correlationId: number
    readonly objectionTo: (answer: Buffer) => string | undefined
  }
}

/** Requests in a row for one connection; the last is one that ends it, or the sentinel. */
export function randomPipeline(random: Random, repertoire: Repertoire): Input[] {
  const inputs = Array.from({ length: 1 + random.below(16) }, (_, index) =>
    randomRequest(random, repertoire, index + 1),
  )
  return [...inputs, random.chance(0.5) ? randomEnding(random, repertoire) : sentinel]
}

/** Its answer says that everything before it is done: not every request has an answer. */
export const sentinelId = 0x7e57_0001
const sentinel: Input = request('sentinel', apiVersionsRequest(sentinelId))

/** Fetch, JoinGroup, SyncGroup and ShareFetch: their answers may rightly wait for others or for time. */
const waiting = new Set([1, 11, 14, 78])

function randomRequest(random: Random, repertoire: Repertoire, correlationId: number): Input {
  const draw = random.below(100)
  if (draw < 30) return validRequest(random, repertoire.next(), correlationId)
  if (draw < 70) return mutatedRequest(random, repertoire.next(), correlationId)
  if (draw < 80) return wrongBatch(random, correlationId)
  if (draw < 86) return unknownApi(random, repertoire.next(), correlationId)
  if (draw < 92) return garbageBody(random, correlationId)
  return request('random frame', framed(random.bytes(random.below(200))))
}

function validRequest(random: Random, call: Call, correlationId: number): Input {
  const { api } = call
  const bytes = encodedRequest(random, call, correlationId)
  return { ...request(`valid ${nameOf(call)}`, bytes, waiting.has(api.key)), call: nameOf(call) }
}

/** Wrong lengths, absurd counts and torn strings come from here. The frame's own length stays right. */
function mutatedRequest(random: Random, call: Call, correlationId: number): Input {
  const { api } = call
  const payload = encodedRequest(random, call, correlationId).subarray(4)
  const cut = random.chance(0.2) ? payload.subarray(0, Math.max(8, random.below(payload.length))) : payload
  const headerToo = random.chance(0.1)
  const damaged = damage(random, cut, 1 + random.below(3), headerToo ? 0 : 8)
  return request(`mutated ${api.name}`, framed(damaged), headerToo || waiting.has(api.key))
}

function encodedRequest(random: Random, { api, version }: Call, correlationId: number): Buffer {
  const clientId = random.pick(['fuzz', '', null])
  const body = randomBody(random, api, version)
  return encodeRequestFrame(api, version, { correlationId, clientId }, body)
}

/** A batch that Kafka must refuse: a wrong checksum, magic, length or count. */
function wrongBatch(random: Random, index: number): Input {
  const correlationId = 0x5eed0000 + index
  const batch = encodeBatch([{ value: random.bytes(1 + random.below(40)) }])
  const spoil = random.pick(['crc', 'magic', 'length', 'count', 'body'] as const)
  if (spoil === 'crc') batch.writeUInt32BE((batch.readUInt32BE(17) ^ (1 + random.below(0xffff))) >>> 0, 17)
  if (spoil === 'magic') batch.writeInt8(random.pick([3, 4, 127, -1]), 16)
  if (spoil === 'length')
    batch.writeInt32BE(random.pick([-1, 0, 48, batch.length, 0x7fffffff, -0x80000000]), 8)
  if (spoil === 'count') batch.writeInt32BE(random.pick([-1, 0, 2, 0x7fffffff]), 57)
  if (spoil === 'body') batch.writeUInt8(batch.readUInt8(batch.length - 1) ^ 0x55, batch.length - 1)
  const bytes = produceRequest(correlationId, {
    topic: random.pick(attackedTopics),
    partition: 0,
    acks: 1,
    batch,
  })
  const objectionTo = (answer: Buffer) =>
    parseProduced(answer).errorCode === 0 ? `a batch with a wrong ${spoil} was accepted` : undefined
  return { ...request(`batch with wrong ${spoil}`, bytes), judged: { correlationId, objectionTo } }
}

function unknownApi(random: Random, { api }: Call, correlationId: number): Input {
  const header = Buffer.alloc(8)
  const unknownKey = random.chance(0.5)
  header.writeInt16BE(unknownKey ? random.pick([-1, 4, 5, 6, 7, 999, 0x7fff, -0x8000]) : api.key, 0)
  header.writeInt16BE(unknownKey ? 0 : random.pick([-1, 99, 0x7fff, -0x8000]), 2)
  header.writeInt32BE(correlationId, 4)
  return request('unknown API or version', framed(Buffer.concat([header, random.bytes(random.below(40))])))
}

function garbageBody(random: Random, correlationId: number): Input {
  const api = random.pick(apiSchemas)
  const header = Buffer.alloc(10)
  header.writeInt16BE(api.key, 0)
  header.writeInt16BE(api.versions[0] + random.below(api.versions[1] - api.versions[0] + 1), 2)
  header.writeInt32BE(correlationId, 4)
  header.writeInt16BE(-1, 8)
  const body = Buffer.concat([header, random.bytes(random.below(120))])
  return request(`garbage for ${api.name}`, framed(body), waiting.has(api.key))
}

/** What leaves the stream of bytes in a state from which there is no way on. */
function randomEnding(random: Random, repertoire: Repertoire): Input {
  const [kind, bytes] = random.pick<() => [string, Buffer]>([
    () => ['random bytes', random.bytes(1 + random.below(300))],
    () => [
      'absurd length',
      withLength(random.pick([-1, -0x80000000, -4, 0x7fffffff, 0x7ffffff0]), random.bytes(20)),
    ],
    () => ['huge length', withLength(90_000_000 + random.below(9_000_000), random.bytes(50))],
    () => ['empty frame', withLength(0, Buffer.alloc(0))],
    () => ['truncated frame', truncated(random, repertoire.next())],
  ])()
  return { kind, bytes, expects: 'end', mayWait: false }
}

function truncated(random: Random, call: Call): Buffer {
  const bytes = encodedRequest(random, call, 1)
  return bytes.subarray(0, 1 + random.below(bytes.length - 1))
}

function withLength(length: number, payload: Buffer): Buffer {
  const head = Buffer.alloc(4)
  head.writeInt32BE(length)
  return Buffer.concat([head, payload])
}

function request(kind: string, bytes: Buffer, mayWait = false): Input {
  return { kind, bytes, expects: 'reply', mayWait }
}
