import { expect, test } from 'vitest'
import { formatterFor } from './formatter.ts'
import type { ConsumedRecord } from './records.ts'

const CLASS = 'org.apache.kafka.tools.consumer.DefaultMessageFormatter'

const record: ConsumedRecord = {
  topic: 't',
  partition: 2,
  offset: 7n,
  timestamp: 1000n,
  isLogAppendTime: false,
  leaderEpoch: 3,
  key: null,
  value: Buffer.from('v'),
  headers: [
    ['a', Buffer.from('1')],
    ['b', null],
  ],
}

function format(properties: Record<string, string>, changes: Partial<ConsumedRecord> = {}): string {
  const formatter = formatterFor(CLASS, properties, (message) => {
    throw new Error(message)
  })
  return formatter({ ...record, ...changes }).toString()
}

test('the value alone, and null for one that is missing', () => {
  expect(format({})).toBe('v\n')
  expect(format({}, { value: null })).toBe('null\n')
})

test('everything, in the order of Kafka', () => {
  const names = ['timestamp', 'partition', 'offset', 'delivery', 'epoch', 'headers', 'key']
  const all = Object.fromEntries(names.map((name) => [`print.${name}`, 'true']))
  expect(format(all)).toBe(
    'CreateTime:1000\tPartition:2\tOffset:7\tDelivery:NOT_PRESENT\tEpoch:3\ta:1,b:null\tnull\tv\n',
  )
  expect(format({ 'print.headers': 'true' }, { headers: [] })).toBe('NO_HEADERS\tv\n')
  expect(format({ 'print.timestamp': 'true' }, { isLogAppendTime: true })).toBe('LogAppendTime:1000\tv\n')
  expect(format({ 'print.timestamp': 'true' }, { timestamp: -1n })).toBe('NO_TIMESTAMP\tv\n')
})

test('separators and the word for null are what one likes', () => {
  const properties = {
    'print.key': 'true',
    'key.separator': '-',
    'line.separator': ';',
    'null.literal': 'nil',
    'print.headers': 'true',
    'headers.separator': '|',
  }
  expect(format(properties)).toBe('a:1|b:nil-nil-v;')
})

test.each([
  ['LongDeserializer', '000000000000002a', '42'],
  ['IntegerDeserializer', 'ffffffff', '-1'],
  ['ShortDeserializer', '0102', '258'],
  ['DoubleDeserializer', '3ff8000000000000', '1.5'],
  ['FloatDeserializer', '3dcccccd', '0.1'],
  ['BooleanDeserializer', '01', 'true'],
  ['StringDeserializer', 'c3a9', 'é'],
  ['BytesDeserializer', '61ff', 'a\\xFF'],
])('%s reads %s as %s', (name, hex, text) => {
  const properties = { 'value.deserializer': `org.apache.kafka.common.serialization.${name}` }
  expect(format(properties, { value: Buffer.from(hex, 'hex') })).toBe(`${text}\n`)
})

test('bytes that a deserializer cannot have are a failure', () => {
  const properties = { 'value.deserializer': 'org.apache.kafka.common.serialization.IntegerDeserializer' }
  expect(() => format(properties)).toThrow('Size of data received by IntegerDeserializer is not 4')
})

test('a deserializer that nobody knows is passed over, and told of', () => {
  const problems: string[] = []
  const formatter = formatterFor(CLASS, { 'value.deserializer': 'my.Own' }, (message) =>
    problems.push(message),
  )
  expect(formatter(record).toString()).toBe('v\n')
  expect(problems).toEqual(['Unable to instantiate a deserializer from my.Own'])
})

test('other formatters', () => {
  const nothing = () => {}
  const noOp = formatterFor('org.apache.kafka.tools.consumer.NoOpMessageFormatter', {}, nothing)
  expect(noOp(record)).toHaveLength(0)
  const logging = formatterFor('org.apache.kafka.tools.consumer.LoggingMessageFormatter', {}, nothing)
  expect(logging(record).toString()).toBe('v\nCreateTime:1000, key:null, value:v\n')
  expect(() => formatterFor('my.Formatter', {}, nothing)).toThrow('my.Formatter')
})
