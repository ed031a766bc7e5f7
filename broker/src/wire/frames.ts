/**
 * Requests and responses with their headers. On the wire a frame is an int32 size and that many bytes:
 * encoders put the size in front, decoders are given the bytes after it.
 *
 * Request header v1 is apiKey, apiVersion, correlationId, clientId; v2 (flexible versions, KIP-482) adds
 * tagged fields. Response header v0 is the correlationId; v1 adds tagged fields, except for ApiVersions,
 * whose client does not know yet what the broker speaks.
 */
import { codecOf, sharedWriter } from './codec.ts'
import { WireError } from './errors.ts'
import { int16, int32, putInt16, putInt32 } from './numbers.ts'
import { Reader } from './reader.ts'
import type { Api, DraftFields, Fields, InferFields } from './schema.ts'

export interface RequestHeader {
  readonly apiKey: number
  readonly apiVersion: number
  readonly correlationId: number
  readonly clientId: string | null
  /** Where the body starts in the frame. */
  readonly bodyOffset: number
}

const API_VERSIONS_KEY = 18

/** `lookup` tells what is known of an API; a key that it does not know makes the frame unreadable. */
export function decodeRequestHeader(
  frame: Buffer,
  lookup: (apiKey: number) => Pick<Api, 'flexible'> | undefined,
): RequestHeader {
  const reader = new Reader(frame)
  const at = reader.take(8)
  const apiKey = int16(frame, at)
  const apiVersion = int16(frame, at + 2)
  const correlationId = int32(frame, at + 4)
  const api = lookup(apiKey)
  if (api === undefined) throw new WireError(`there is no API with key ${apiKey}`)
  const clientId = reader.nullableString()
  if (apiVersion >= api.flexible) reader.skipTags()
  return { apiKey, apiVersion, correlationId, clientId, bodyOffset: reader.position }
}

export function encodeRequestFrame<Request extends Fields>(
  api: Api<Request>,
  version: number,
  header: { readonly correlationId: number; readonly clientId: string | null },
  body: DraftFields<Request>,
): Buffer {
  const { write } = codecOf(api.request, version)
  const writer = sharedWriter
  writer.begin(false)
  const at = writer.reserve(12)
  putInt16(writer.view, at + 4, api.key)
  putInt16(writer.view, at + 6, version)
  putInt32(writer.view, at + 8, header.correlationId)
  if (header.clientId === null) writer.nullString()
  else writer.string(header.clientId)
  if (version >= api.flexible) writer.compactNull()
  write(writer, body)
  const sizeBytes = writer.sizeBytes - 4
  const frame = writer.finish()
  frame.writeInt32BE(sizeBytes, 0)
  return frame
}

/** The parts of a frame, for a vectored write: big records are the buffers that were given. */
export function encodeResponseFrame<Response extends Fields>(
  api: Api<Fields, Response>,
  version: number,
  correlationId: number,
  body: DraftFields<Response>,
): Buffer[] {
  const { write } = codecOf(api.response, version)
  const writer = sharedWriter
  writer.begin(true)
  const at = writer.reserve(8)
  putInt32(writer.view, at + 4, correlationId)
  if (hasTaggedHeader(api, version)) writer.compactNull()
  write(writer, body)
  const sizeBytes = writer.sizeBytes - 4
  const parts = writer.finishParts()
  parts[0]!.writeInt32BE(sizeBytes, 0)
  return parts
}

export function decodeResponse<Response extends Fields>(
  api: Api<Fields, Response>,
  version: number,
  frame: Buffer,
): { correlationId: number; body: InferFields<Response> } {
  const reader = new Reader(frame)
  const correlationId = int32(frame, reader.take(4))
  if (hasTaggedHeader(api, version)) reader.skipTags()
  const body = codecOf(api.response, version).read(reader) as InferFields<Response>
  reader.expectPosition(frame.length)
  return { correlationId, body }
}

function hasTaggedHeader(api: Pick<Api, 'key' | 'flexible'>, version: number): boolean {
  return version >= api.flexible && api.key !== API_VERSIONS_KEY
}
