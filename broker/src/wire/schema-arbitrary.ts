/** For tests: random values of any message, made from its schema. */
import fc from 'fast-check'
import type { Field, Fields, Message } from './schema.ts'
import { ZERO_UUID } from './uuid.ts'

type Value = Record<string, unknown>

/** Complete values as decoding gives them: fields that the version lacks hold their defaults. */
export function messageArbitrary(message: Message, version: number): fc.Arbitrary<Value> {
  return structArbitrary(message.fields, version)
}

/** What decoding gives for a field that was not sent. */
export function defaultValue({ kind, options, fields }: Field): unknown {
  if (options.default !== undefined) return options.default
  switch (kind) {
    case 'string':
      return ''
    case 'bool':
      return false
    case 'uuid':
      return ZERO_UUID
    case 'bytes':
    case 'records':
      return Buffer.alloc(0)
    case 'array':
      return []
    case 'struct':
      return Object.fromEntries(Object.entries(fields!).map(([name, part]) => [name, defaultValue(part)]))
    default:
      return 0
  }
}

function structArbitrary(fields: Fields, version: number): fc.Arbitrary<Value> {
  const parts = Object.entries(fields).map(([name, field]) => [name, fieldArbitrary(field, version)] as const)
  return fc.record(Object.fromEntries(parts), { noNullPrototype: true })
}

function fieldArbitrary(field: Field, version: number): fc.Arbitrary<unknown> {
  const { since = 0, until = Infinity, nullable = Infinity, tag } = field.options
  if (version < since || version > until) return fc.constant(defaultValue(field))
  const plain = plainArbitrary(field, version)
  const value = version >= nullable ? fc.option(plain, { freq: 4 }) : plain
  return tag === undefined ? value : fc.oneof(value, fc.constant(defaultValue(field)))
}

function plainArbitrary(field: Field, version: number): fc.Arbitrary<unknown> {
  switch (field.kind) {
    case 'int8':
      return fc.integer({ min: -128, max: 127 })
    case 'int16':
      return fc.integer({ min: -32768, max: 32767 })
    case 'uint16':
      return fc.integer({ min: 0, max: 65535 })
    case 'int32':
      return fc.integer()
    case 'int64':
      return fc.oneof(
        fc.maxSafeInteger(),
        fc.integer(),
        fc.constantFrom(Infinity, -Infinity, Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER),
      )
    case 'float64':
      return fc.double({ noNaN: true })
    case 'bool':
      return fc.boolean()
    case 'string':
      return fc.oneof(
        fc.string(),
        fc.string({ unit: 'grapheme', maxLength: 200 }),
        fc.constant('x'.repeat(127)),
      )
    case 'uuid':
      return fc
        .uint8Array({ minLength: 16, maxLength: 16 })
        .map((bytes) => Buffer.from(bytes).toString('base64url'))
    case 'bytes':
    case 'records':
      return fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes))
    case 'array':
      return fc.array(fieldArbitrary(field.item!, version), { maxLength: 3 })
    case 'struct':
      return structArbitrary(field.fields!, version)
  }
}
