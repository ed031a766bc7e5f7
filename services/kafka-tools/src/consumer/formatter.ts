/** Writes records as Kafka's DefaultMessageFormatter does, or as its two simpler sisters. */
import { UsageMistake } from '../command-line/mistakes.ts'
import type { Properties } from '../command-line/properties.ts'
import { type Deserializer, deserializer } from './deserializers.ts'
import type { ConsumedRecord } from './records.ts'

/** The bytes to write for a record. */
export type Formatter = (record: ConsumedRecord) => Buffer

const PACKAGES = ['org.apache.kafka.tools.consumer.', 'kafka.tools.']

/** `onProblem` hears of a setting that is passed over. */
export function formatterFor(
  className: string,
  properties: Properties,
  onProblem: (message: string) => void,
): Formatter {
  const prefix = PACKAGES.find((each) => className.startsWith(each)) ?? ''
  switch (prefix === '' ? '' : className.slice(prefix.length)) {
    case 'DefaultMessageFormatter':
      return defaultFormatter(properties, onProblem)
    case 'LoggingMessageFormatter':
      return loggingFormatter(properties, onProblem)
    case 'NoOpMessageFormatter':
      return () => Buffer.alloc(0)
    default:
      throw new UsageMistake(className)
  }
}

type Part = (record: ConsumedRecord) => Buffer

function defaultFormatter(properties: Properties, onProblem: (message: string) => void): Formatter {
  const flag = (name: string, preset = false) =>
    properties[name] === undefined ? preset : properties[name].trim().toLowerCase() === 'true'
  const bytes = (name: string, preset: string) => Buffer.from(properties[name] ?? preset)
  const nullLiteral = bytes('null.literal', 'null')
  const read = (name: string) => {
    const convert = deserializerOf(properties, name, onProblem)
    return (raw: Buffer | null) => {
      const present = raw ?? nullLiteral
      return convert === undefined ? present : Buffer.from(convert(present))
    }
  }
  const key = read('key.deserializer')
  const value = read('value.deserializer')
  const header = read('headers.deserializer')
  const headersSeparator = bytes('headers.separator', ',')
  const text = (write: (record: ConsumedRecord) => string) => (record: ConsumedRecord) =>
    Buffer.from(write(record))
  const parts: Part[] = []
  if (flag('print.timestamp')) parts.push(text(timestampText))
  if (flag('print.partition')) parts.push(text(({ partition }) => `Partition:${partition}`))
  if (flag('print.offset')) parts.push(text(({ offset }) => `Offset:${offset}`))
  if (flag('print.delivery')) parts.push(text(() => 'Delivery:NOT_PRESENT'))
  if (flag('print.epoch')) parts.push(text(({ leaderEpoch }) => `Epoch:${leaderEpoch}`))
  if (flag('print.headers')) parts.push((record) => headersText(record, header, headersSeparator))
  if (flag('print.key')) parts.push((record) => key(record.key))
  if (flag('print.value', true)) parts.push((record) => value(record.value))
  const keySeparator = bytes('key.separator', '\t')
  const lineSeparator = bytes('line.separator', '\n')
  return (record) => {
    if (parts.length === 0) return Buffer.alloc(0)
    const written = parts.flatMap((part, at) => (at === 0 ? [part(record)] : [keySeparator, part(record)]))
    return Buffer.concat([...written, lineSeparator])
  }
}

function timestampText({ timestamp, isLogAppendTime }: ConsumedRecord): string {
  if (timestamp < 0n) return 'NO_TIMESTAMP'
  return `${isLogAppendTime ? 'LogAppendTime' : 'CreateTime'}:${timestamp}`
}

function headersText(
  { headers }: ConsumedRecord,
  read: (raw: Buffer | null) => Buffer,
  separator: Buffer,
): Buffer {
  if (headers.length === 0) return Buffer.from('NO_HEADERS')
  const written = headers.flatMap(([name, value], at) => [
    ...(at === 0 ? [] : [separator]),
    Buffer.from(`${name}:`),
    read(value),
  ])
  return Buffer.concat(written)
}

function deserializerOf(
  properties: Properties,
  name: string,
  onProblem: (message: string) => void,
): Deserializer | undefined {
  const className = properties[name]
  if (className === undefined) return undefined
  const found = deserializer(className)
  if (found === undefined) onProblem(`Unable to instantiate a deserializer from ${className}`)
  return found
}

/** Kafka's writes into its log; here that is the output, like everything else. */
function loggingFormatter(properties: Properties, onProblem: (message: string) => void): Formatter {
  const plain = defaultFormatter(properties, onProblem)
  const textOf = (bytes: Buffer | null) => (bytes === null ? 'null' : bytes.toString('utf8'))
  return (record) => {
    const time = record.timestamp < 0n ? '' : `${timestampText(record)}, `
    return Buffer.concat([
      plain(record),
      Buffer.from(`${time}key:${textOf(record.key)}, value:${textOf(record.value)}\n`),
    ])
  }
}
