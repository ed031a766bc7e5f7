/** What Kafka's deserializers make of bytes, as text. */
import { JavaException } from '../client/exceptions.ts'

export type Deserializer = (bytes: Buffer) => string

const PACKAGE = 'org.apache.kafka.common.serialization.'

/** By the name of Kafka's class; undefined if there is none like it here. */
export function deserializer(className: string): Deserializer | undefined {
  return className.startsWith(PACKAGE) ? deserializers[className.slice(PACKAGE.length)] : undefined
}

const deserializers: Readonly<Record<string, Deserializer>> = {
  StringDeserializer: (bytes) => bytes.toString('utf8'),
  BooleanDeserializer: sized('BooleanDeserializer', 1, (bytes) => String(bytes[0] === 1)),
  ShortDeserializer: sized('ShortDeserializer', 2, (bytes) => String(bytes.readInt16BE())),
  IntegerDeserializer: sized('IntegerDeserializer', 4, (bytes) => String(bytes.readInt32BE())),
  LongDeserializer: sized('LongDeserializer', 8, (bytes) => String(bytes.readBigInt64BE())),
  FloatDeserializer: sized('Deserializer', 4, (bytes) => shortest(bytes.readFloatBE(), Math.fround)),
  DoubleDeserializer: sized('Deserializer', 8, (bytes) => shortest(bytes.readDoubleBE(), (value) => value)),
  UUIDDeserializer: (bytes) => bytes.toString('utf8').toLowerCase(),
  BytesDeserializer: asBytes,
}

function sized(name: string, size: number, read: Deserializer): Deserializer {
  return (bytes) => {
    if (bytes.length === size) return read(bytes)
    throw new JavaException(
      'org.apache.kafka.common.errors.SerializationException',
      `Size of data received by ${name} is not ${size}`,
    )
  }
}

/** The fewest digits that are read as the same number; whole numbers keep a fraction, as in Java. */
function shortest(value: number, rounded: (value: number) => number): string {
  if (Number.isInteger(value) && Math.abs(value) < 1e7) return `${Object.is(value, -0) ? '-0' : value}.0`
  for (let digits = 1; digits <= 17; digits++) {
    const text = Number(value.toPrecision(digits))
    if (rounded(text) === value) return String(text)
  }
  return String(value)
}

/** Printable characters as they are, the others as hexadecimal numbers. */
function asBytes(bytes: Buffer): string {
  return [...bytes]
    .map((byte) =>
      byte >= 0x20 && byte < 0x7f && byte !== 0x5c
        ? String.fromCharCode(byte)
        : `\\x${byte.toString(16).toUpperCase().padStart(2, '0')}`,
    )
    .join('')
}
