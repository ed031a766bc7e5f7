import type { Random } from './types.ts'

/** A random (version 4) UUID in its usual text form. */
export function randomUuidText(random: Random): string {
  const hex = uuidBytes(random).toString('hex')
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-')
}

/** A random UUID as Kafka writes it: 22 characters of base64url, never with a leading dash (tools take it for an option). */
export function randomKafkaUuid(random: Random): string {
  for (;;) {
    const text = uuidBytes(random).toString('base64url')
    if (!text.startsWith('-')) return text
  }
}

function uuidBytes(random: Random): Buffer {
  const bytes = random.bytes(16)
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x40, 6)
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8)
  return bytes
}
