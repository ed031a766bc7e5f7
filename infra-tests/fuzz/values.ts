/** Random values for any schema of the protocol: sound types, wild contents. */
import type { Api, Fields } from '@freshet/broker/wire'
import { Random } from '../support/random.ts'
import { encodeBatch } from '../support/record-batch.ts'

type Field = Fields[string]

/** Topics that the attack may use and destroy. */
export const attackedTopics = ['fuzz-0', 'fuzz-1', 'fuzz-2']

/**
 * Every new name of a group, a transactional id or a user that a client brings is kept, as in Kafka: there are many, but
 * not more the longer an attack lasts. What else grows with it is a leak.
 */
const WILD_NAMES = 2000
const nameSource = new Random(1)
const wildNames = Array.from({ length: WILD_NAMES }, () =>
  nameSource.bytes(nameSource.below(20)).toString('latin1'),
)

/** A request body that encodes in the version; what a version lacks is left out. */
export function randomBody(random: Random, api: Api, version: number): Record<string, unknown> {
  return randomFields(random, api.request.fields, version, 0)
}

function randomFields(
  random: Random,
  fields: Fields,
  version: number,
  depth: number,
): Record<string, unknown> {
  const values: Record<string, unknown> = {}
  for (const [name, field] of Object.entries(fields)) {
    const { since = 0, until = Infinity } = field.options
    if (version >= since && version <= until) values[name] = randomValue(random, name, field, version, depth)
  }
  return values
}

function randomValue(random: Random, name: string, field: Field, version: number, depth: number): unknown {
  const { nullable = Infinity } = field.options
  if (version >= nullable && random.chance(0.1)) return null
  switch (field.kind) {
    case 'array': {
      const { item } = field
      if (!item) throw new Error(`the array ${name} has no item`)
      const count = random.chance(0.02) ? 200 : random.below(depth > 2 ? 2 : 4)
      return Array.from({ length: count }, () => randomValue(random, name, item, version, depth + 1))
    }
    case 'struct':
      return randomFields(random, field.fields ?? {}, version, depth + 1)
    case 'bool':
      return random.chance(0.5)
    case 'string':
      return randomString(random)
    case 'bytes':
      return random.bytes(random.below(64))
    case 'records':
      return randomRecords(random)
    case 'uuid':
      return random.bytes(16).toString('base64url')
    case 'float64':
      return random.pick([0, -1, 1e300, Number.NaN])
    default:
      return randomInteger(random, name, field.kind)
  }
}

/** Waits stay short, or the attack would spend its time waiting. */
function randomInteger(random: Random, name: string, kind: string): number {
  if (/(timeout|wait).*ms$/i.test(name)) return random.pick([0, 1, 5, -1])
  const bits = { int8: 7, int16: 15, int32: 31, int64: 52, uint16: 16 }[kind] ?? 31
  const max = 2 ** bits - 1
  const low = kind === 'uint16' ? 0 : -max - 1
  return random.pick([0, 0, 0, 1, 2, random.below(100), max, low < 0 ? -1 : 0, low, random.below(max)])
}

function randomString(random: Random): string {
  return random.pick([
    ...attackedTopics,
    ...attackedTopics,
    'group-1',
    'group-2',
    'consumer',
    'range',
    'retention.ms',
    '1',
    '',
    '..',
    '__consumer_offsets',
    'ünïcödé 🦀',
    'x'.repeat(300),
    random.pick(wildNames),
  ])
}

function randomRecords(random: Random): Buffer {
  const records = Array.from({ length: 1 + random.below(3) }, () => ({
    value: random.bytes(random.below(50)),
  }))
  const batch = encodeBatch(records)
  if (random.chance(0.5)) return batch
  return random.chance(0.5)
    ? batch.subarray(0, random.below(batch.length))
    : damage(random, batch, 1 + random.below(4))
}

/** Overwrites some bytes, from `from` on, with values that are likely to hurt. */
export function damage(random: Random, bytes: Buffer, places: number, from = 0): Buffer {
  const damaged = Buffer.from(bytes)
  for (let place = 0; place < places && damaged.length > from; place++) {
    const at = from + random.below(damaged.length - from)
    if (random.chance(0.4) && at + 4 <= damaged.length) {
      damaged.writeInt32BE(random.pick([0x7fffffff, -1, -2, -0x80000000, 0x10000000, 1_000_000]), at)
    } else {
      damaged[at] = random.pick([0, 0x7f, 0x80, 0xff, random.below(256)])
    }
  }
  return damaged
}
