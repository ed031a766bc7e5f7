import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { keyValues, parseProperties, propertiesFile } from './properties.ts'

test('arguments keep equals signs in their values, and may have none', () => {
  expect(keyValues(['a=b=c', 'd=', 'e'])).toEqual({ a: 'b=c', d: '', e: '' })
})

test('a file is read as Java reads one', () => {
  const text = [
    '# comment',
    '  ! another',
    '',
    'plain=value',
    'colon : value with blanks ',
    'blank value',
    'empty=',
    'alone',
    'long=one,\\',
    '   two',
    'escaped\\ key\\:=tab\\there \\u00e9',
    'path=C\\:\\\\data',
  ].join('\n')
  expect(parseProperties(text)).toEqual({
    plain: 'value',
    colon: 'value with blanks ',
    blank: 'value',
    empty: '',
    alone: '',
    long: 'one,two',
    'escaped key:': 'tab\there é',
    path: 'C:\\data',
  })
})

test('an escape that is none is a mistake', () => {
  expect(() => parseProperties('a=\\u00g9')).toThrow('Malformed \\uxxxx encoding.')
  expect(parseProperties('a=\\\\u00g9')).toEqual({ a: '\\u00g9' })
})

test('a file that is not there is told by its name', () => {
  const folder = mkdtempSync(join(tmpdir(), 'freshet-properties-'))
  try {
    writeFileSync(join(folder, 'client.properties'), 'client.id=me\n')
    expect(propertiesFile(join(folder, 'client.properties'))).toEqual({ 'client.id': 'me' })
    expect(() => propertiesFile(join(folder, 'none'))).toThrow(join(folder, 'none'))
  } finally {
    rmSync(folder, { recursive: true })
  }
})
