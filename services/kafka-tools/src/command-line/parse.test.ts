import { expect, test } from 'vitest'
import { OptionMistake, UsageMistake } from './mistakes.ts'
import type { OptionTable } from './option-table.ts'
import { parseCommandLine } from './parse.ts'

const table: OptionTable = {
  create: { description: 'flag' },
  'delete-config': { description: 'list', argument: 'keys', separator: ',' },
  partitions: { description: 'number', argument: 'count', type: 'int' },
  'partition-size-limit-per-response': { description: 'number', argument: 'count', type: 'int' },
  state: { description: 'optional', argument: 'states', argumentIsOptional: true, availableWith: ['create'] },
  timeout: { description: 'preset', argument: 'ms', type: 'long', default: '5000' },
  topic: { description: 'text', argument: 'topic' },
}

const parse = (...args: string[]) => parseCommandLine(args, table)

test.each([['--topic', 't'], ['--topic=t'], ['-topic', 't'], ['-topic=t'], ['--top', 't']])(
  '%s %s names a topic',
  (...args) => {
    expect(parse(...args).value('topic')).toBe('t')
  },
)

test('an abbreviation means the option that only ends its last word', () => {
  expect(parse('--partition', '3').number('partitions')).toBe(3)
  expect(parse('--partition-size', '3').number('partition-size-limit-per-response')).toBe(3)
})

test.each([
  [['--topics', 't'], 'topics is not a recognized option'],
  [['--t', '1'], 't is not a recognized option'],
  [['-xyz'], 'x is not a recognized option'],
  [['--create=now'], 'create is not a recognized option'],
  [['--topic'], 'Option topic requires an argument'],
  [['--state', 'stable'], 'Option(s) [state] are unavailable given other options on the command line'],
])('%j: %s', (args, message) => {
  expect(() => parse(...args)).toThrow(OptionMistake)
  expect(() => parse(...args)).toThrow(message)
})

test('a value may look like an option, unless it may be left out', () => {
  expect(parse('--topic', '--create').value('topic')).toBe('--create')
  const options = parse('--state', '--create')
  expect(options.has('state')).toBe(true)
  expect(options.value('state')).toBeUndefined()
  expect(options.has('create')).toBe(true)
})

test('other words are passed over, and everything behind two dashes', () => {
  const options = parse('word', '--topic', 't', '--', '--create')
  expect(options.value('topic')).toBe('t')
  expect(options.has('create')).toBe(false)
})

test('one value is wanted where one is asked for', () => {
  const options = parse('--topic', 'a', '--topic', 'b')
  expect(options.values('topic')).toEqual(['a', 'b'])
  expect(() => options.value('topic')).toThrow(
    'Found multiple arguments for option topic, but you asked for only one',
  )
})

test('a separator makes several values of one', () => {
  expect(parse('--delete-config', 'a,b', '--delete-config', 'c').values('delete-config')).toEqual([
    'a',
    'b',
    'c',
  ])
})

test('a preset counts as a value, not as given', () => {
  const options = parse()
  expect(options.bigint('timeout')).toBe(5000n)
  expect(options.has('timeout')).toBe(false)
})

test.each([
  ['partitions', 'x'],
  ['partitions', '1.5'],
  ['partitions', '2147483648'],
  ['timeout', '9223372036854775808'],
])('--%s %s is no such number', (name, value) => {
  expect(() => parse(`--${name}`, value).number(name)).toThrow(
    `Cannot parse argument '${value}' of option ${name}`,
  )
})

test('what is missing or does not go together is told in the words of Kafka', () => {
  expect(() => parse('--create').require('topic')).toThrow(
    new UsageMistake('Missing required argument "[topic]"'),
  )
  expect(() => parse('--create', '--topic', 't').forbid('create', ['state', 'topic'])).toThrow(
    new UsageMistake('Option "[create]" can\'t be used with option "[topic]"'),
  )
})
