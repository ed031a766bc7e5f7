/** What every driver accepts: the same bounds everywhere, so that a laptop refuses what DynamoDB would refuse. */
import { CoordinationError } from './errors.ts'

export const LIMITS = {
  keyLength: 512,
  /** A sort key in DynamoDB. */
  keyBytes: 1024,
  payloadBytes: 256 * 1024,
  documentBytes: 256 * 1024,
  appendEntries: 10_000,
  appendBytes: 16 * 1024 * 1024,
  readEntries: 10_000,
  listDocuments: 10_000,
  leaseTtlMs: 24 * 60 * 60 * 1000,
} as const

/** Names of leases and logs, holders, and keys of documents. */
export function checkKey(what: string, key: string): void {
  if (key.length === 0 || key.length > LIMITS.keyLength) {
    throw invalid(`${what} has ${key.length} characters; 1 to ${LIMITS.keyLength} are allowed`)
  }
  if (Buffer.byteLength(key) > LIMITS.keyBytes) {
    throw invalid(`${what} has more than ${LIMITS.keyBytes} bytes in UTF-8`)
  }
  checkCharacters(what, key)
}

export function checkPrefix(prefix: string): void {
  if (prefix.length > LIMITS.keyLength) {
    throw invalid(`prefix has ${prefix.length} characters; at most ${LIMITS.keyLength} are allowed`)
  }
  checkCharacters('prefix', prefix)
}

export function checkTtl(ttlMs: number): void {
  if (!(ttlMs > 0 && ttlMs <= LIMITS.leaseTtlMs)) {
    throw invalid(`ttlMs is ${ttlMs}; it must be above 0 and at most ${LIMITS.leaseTtlMs}`)
  }
}

export function checkIndex(what: string, index: number): void {
  if (!Number.isSafeInteger(index) || index < 0) {
    throw invalid(`${what} is ${index}; it must be a whole number from 0 on`)
  }
}

export function checkLimit(limit: number, most: number): void {
  if (!Number.isSafeInteger(limit) || limit < 1 || limit > most) {
    throw invalid(`limit is ${limit}; it must be a whole number from 1 to ${most}`)
  }
}

export function checkPayloads(payloads: readonly Uint8Array[]): void {
  if (payloads.length > LIMITS.appendEntries) {
    throw invalid(`an append of ${payloads.length} entries; at most ${LIMITS.appendEntries} are allowed`)
  }
  let totalBytes = 0
  for (const payload of payloads) {
    if (payload.byteLength > LIMITS.payloadBytes) {
      throw invalid(`a payload of ${payload.byteLength} bytes; at most ${LIMITS.payloadBytes} are allowed`)
    }
    totalBytes += payload.byteLength
  }
  if (totalBytes > LIMITS.appendBytes) {
    throw invalid(`an append of ${totalBytes} bytes; at most ${LIMITS.appendBytes} are allowed`)
  }
}

/** Documents are kept as JSON text by every driver, so that a value reads back alike from each. */
export function encodeDocument(key: string, value: unknown): string {
  const text = stringify(key, value)
  if (text === undefined) throw invalid(`the document at ${key} has no JSON form`)
  const sizeBytes = Buffer.byteLength(text)
  if (sizeBytes > LIMITS.documentBytes) {
    throw invalid(
      `the document at ${key} has ${sizeBytes} bytes; at most ${LIMITS.documentBytes} are allowed`,
    )
  }
  return text
}

/** Silent truncation would lose documents for a caller that believes to see all of them. */
export function listTooLong(prefix: string): CoordinationError {
  return invalid(
    `more than ${LIMITS.listDocuments} documents start with '${prefix}': give a limit and continue with 'after'`,
  )
}

export function invalid(message: string, cause?: unknown): CoordinationError {
  return new CoordinationError('INVALID_ARGUMENT', message, cause)
}

function stringify(key: string, value: unknown): string | undefined {
  try {
    return JSON.stringify(value)
  } catch (error) {
    throw invalid(`the document at ${key} has no JSON form`, error)
  }
}

/** Control characters and lone surrogates do not survive every engine's text type. */
function checkCharacters(what: string, text: string): void {
  if (!text.isWellFormed()) throw invalid(`${what} is not well-formed Unicode`)
  for (let at = 0; at < text.length; at++) {
    if (text.charCodeAt(at) < 0x20) throw invalid(`${what} holds a control character`)
  }
}
