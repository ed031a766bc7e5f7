/**
 * Encoding and decoding of messages. The code for a message in a version is generated when it is first
 * needed, and kept.
 */
import { WireError } from './errors.ts'
import { decoderSource } from './generate-decoder.ts'
import { encoderSource } from './generate-encoder.ts'
import { layoutOf } from './layout.ts'
import * as numbers from './numbers.ts'
import { Reader } from './reader.ts'
import type { DraftFields, Fields, InferFields, Message } from './schema.ts'
import { putUuid, uuid } from './uuid.ts'
import { Writer } from './writer.ts'

export interface Codec {
  readonly read: (reader: Reader) => unknown
  readonly write: (writer: Writer, value: unknown) => void
}

/** One writer serves everybody: encoding never waits and never nests. */
export const sharedWriter = new Writer()

/** Decodes the whole rest of `buffer`. Byte fields of the result are views into it. */
export function decode<F extends Fields>(
  schema: Message<F>,
  version: number,
  buffer: Buffer,
  offset = 0,
): InferFields<F> {
  const reader = new Reader(buffer, offset)
  const value = codecOf(schema, version).read(reader)
  reader.expectPosition(buffer.length)
  return value as InferFields<F>
}

/** The same of a request, which may be followed by further bytes: Kafka ignores them, and some clients send them. */
export function decodeRequestBody<F extends Fields>(
  schema: Message<F>,
  version: number,
  frame: Buffer,
  offset: number,
): InferFields<F> {
  return codecOf(schema, version).read(new Reader(frame, offset)) as InferFields<F>
}

export function encode<F extends Fields>(schema: Message<F>, version: number, value: DraftFields<F>): Buffer {
  const { write } = codecOf(schema, version)
  sharedWriter.begin(false)
  write(sharedWriter, value)
  return sharedWriter.finish()
}

/** As `encode`, but big byte fields are in the list as they were given, not copied. */
export function encodeParts<F extends Fields>(
  schema: Message<F>,
  version: number,
  value: DraftFields<F>,
): Buffer[] {
  const { write } = codecOf(schema, version)
  sharedWriter.begin(true)
  write(sharedWriter, value)
  return sharedWriter.finishParts()
}

const codecs = new WeakMap<Message, Map<number, Codec>>()

export function codecOf(schema: Message, version: number): Codec {
  let versions = codecs.get(schema)
  if (versions === undefined) {
    versions = new Map()
    codecs.set(schema, versions)
  }
  let codec = versions.get(version)
  if (codec === undefined) {
    codec = compile(schema, version)
    versions.set(version, codec)
  }
  return codec
}

function compile(schema: Message, version: number): Codec {
  const [min, max] = schema.versions
  if (!Number.isInteger(version) || version < min || version > max) {
    throw new WireError(`${schema.name} has no version ${version}`)
  }
  const layout = layoutOf(schema, version)
  const helpers = {
    ...numbers,
    uuid,
    putUuid,
    EMPTY: Buffer.alloc(0),
    refuseField(name: string): never {
      throw new TypeError(`${schema.name} version ${version} has no place for ${name}`)
    },
    refuseNull(name: string): never {
      throw new TypeError(`${name} of ${schema.name} version ${version} cannot be null`)
    },
  }
  const source = [
    `'use strict'`,
    `const { ${Object.keys(helpers).join(', ')} } = helpers`,
    decoderSource(layout),
    encoderSource(layout),
    'return { read: readMessage, write: writeMessage }',
  ].join('\n')
  return new Function('helpers', source)(helpers) as Codec
}
