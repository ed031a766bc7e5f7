import fc from 'fast-check'
import { expect, test } from 'vitest'
import { LineReader, type LineRecord, linesOf } from './line-reader.ts'

const shown = ({ key, value, headers }: LineRecord) => ({
  key: key?.toString() ?? null,
  value: value?.toString() ?? null,
  headers: headers.map(([name, bytes]) => [name, bytes?.toString() ?? null]),
})

const read = (properties: Record<string, string>, line: string) =>
  shown(new LineReader(properties).read(line))

test('a line is a value', () => {
  expect(read({}, 'key\tvalue')).toEqual({ key: null, value: 'key\tvalue', headers: [] })
})

test('a key ends at the first separator', () => {
  expect(read({ 'parse.key': 'true' }, 'k\tv\tw')).toEqual({ key: 'k', value: 'v\tw', headers: [] })
  expect(read({ 'parse.key': 'true', 'key.separator': '::' }, 'k::v')).toEqual({
    key: 'k',
    value: 'v',
    headers: [],
  })
})

test('headers come first', () => {
  const record = read({ 'parse.key': 'true', 'parse.headers': 'true' }, 'a:1,b:2\tk\tv')
  expect(record).toEqual({
    key: 'k',
    value: 'v',
    headers: [
      ['a', '1'],
      ['b', '2'],
    ],
  })
})

test('a marker stands for null', () => {
  const properties = { 'parse.key': 'true', 'parse.headers': 'true', 'null.marker': 'NULL' }
  expect(read(properties, 'a:NULL\tNULL\tNULL')).toEqual({ key: null, value: null, headers: [['a', null]] })
})

test('a line without its separator is refused with its number, or taken as a value', () => {
  const reader = new LineReader({ 'parse.key': 'true', 'key.separator': ':' })
  reader.read('k:v')
  expect(() => reader.read('nothing')).toThrow("No key separator found on line number 2: 'nothing'")
  expect(read({ 'parse.key': 'true', 'ignore.error': 'true' }, 'nothing').value).toBe('nothing')
  expect(() => read({ 'parse.headers': 'true' }, 'a\tv')).toThrow(
    "No header key separator found in pair 'a' on line number 1",
  )
})

test('separators must differ', () => {
  expect(() => new LineReader({ 'headers.delimiter': ',' })).toThrow(
    'headers.delimiter and headers.separator may not be equal',
  )
  expect(() => new LineReader({ 'null.marker': '\t' })).toThrow(
    'null.marker and key.separator may not be equal',
  )
})

async function lines(...chunks: (string | Buffer)[]): Promise<string[]> {
  const input = (async function* () {
    for (const chunk of chunks) yield Buffer.from(chunk)
  })()
  const all: string[] = []
  for await (const line of linesOf(input)) all.push(line)
  return all
}

test('lines end as in Java', async () => {
  expect(await lines('a\nb\r\nc\rd')).toEqual(['a', 'b', 'c', 'd'])
  expect(await lines('a\r', '\nb\n')).toEqual(['a', 'b'])
  expect(await lines('a\u2028b\n\n')).toEqual(['a\u2028b', ''])
  expect(await lines('a\r')).toEqual(['a'])
  expect(await lines('')).toEqual([])
})

test('a character may be cut in two by the chunks', async () => {
  const bytes = Buffer.from('é\n')
  expect(await lines(bytes.subarray(0, 1), bytes.subarray(1))).toEqual(['é'])
})

test('chunks make no difference', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.string({ unit: fc.constantFrom('a', 'é', '\r', '\n') }),
      fc.nat(),
      async (text, at) => {
        const cut = at % (text.length + 1)
        expect(await lines(text.slice(0, cut), text.slice(cut))).toEqual(await lines(text))
      },
    ),
  )
})
